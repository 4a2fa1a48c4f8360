// Who is signed in: the shop's token for a shopper, kept in this browser. Without one the cookie alone says who asks.

const KEPT = "shopkeeper.signed-in";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

export const user = () => read()?.userId ?? "";

export const bearer = () => {
  const token = read()?.token;
  return token ? { authorization: `Bearer ${token}` } : {};
};

export function signIn({ userId, token }) {
  localStorage.setItem(KEPT, JSON.stringify({ userId, token }));
  changed();
}

export function signOut() {
  localStorage.removeItem(KEPT);
  changed();
}

function changed() {
  document.dispatchEvent(new CustomEvent("shop:identity"));
}
