// The page's words in both languages, and which of them is spoken.

const WORDS = {
  "shop.tagline": { en: "shelves that learn as you browse", zh: "边逛边懂你的货架" },
  "nav.home": { en: "Home", zh: "首页" },
  "nav.cart": { en: "Cart", zh: "购物车" },
  "nav.about": { en: "About you", zh: "关于你" },
  "nav.language": { en: "中文", zh: "English" },
  "nav.skip": { en: "Skip to content", zh: "跳到正文" },
  "search.label": { en: "Search the shop", zh: "搜索商品" },
  "search.placeholder": { en: "Search for anything, 中文也行", zh: "想找点什么？English works too" },
  "search.submit": { en: "Search", zh: "搜索" },
  "search.for": { en: "Results for “{query}”", zh: "“{query}”的搜索结果" },
  "search.all": { en: "All products", zh: "全部商品" },
  "search.count": { en: "{count} products", zh: "共 {count} 件商品" },
  "search.count.one": { en: "1 product", zh: "共 1 件商品" },
  "search.none": { en: "Nothing matches.", zh: "没有找到符合的商品。" },
  "search.none.hint": { en: "Try fewer words, or take a filter away.", zh: "换个说法，或去掉一些筛选条件试试。" },
  "search.ask": { en: "What are you looking for?", zh: "想找什么？" },
  "search.more": { en: "Show more", zh: "显示更多" },
  "search.shown": { en: "{shown} of {count} shown", zh: "已显示 {shown} / {count}" },
  "search.filters": { en: "Filter", zh: "筛选" },
  "search.clear": { en: "Clear all", zh: "全部清除" },
  "search.remove": { en: "Remove filter {value}", zh: "移除筛选：{value}" },
  "sort.label": { en: "Sort by", zh: "排序" },
  "sort.RELEVANCE": { en: "Best match", zh: "综合" },
  "sort.PRICE_ASCENDING": { en: "Price, low to high", zh: "价格从低到高" },
  "sort.PRICE_DESCENDING": { en: "Price, high to low", zh: "价格从高到低" },
  "sort.NEWEST": { en: "Newest", zh: "最新上架" },
  "facet.category": { en: "Category", zh: "分类" },
  "facet.brand": { en: "Brand", zh: "品牌" },
  "facet.price": { en: "Price", zh: "价格" },
  "facet.color": { en: "Colour", zh: "颜色" },
  "facet.size": { en: "Size", zh: "尺码" },
  "facet.material": { en: "Material", zh: "材质" },
  "facet.colour": { en: "Colour", zh: "颜色" },
  "facet.audience": { en: "For", zh: "适用人群" },
  "facet.weight": { en: "Weight", zh: "重量" },
  "facet.season": { en: "Season", zh: "季节" },
  "facet.format": { en: "Format", zh: "装帧" },
  "facet.age": { en: "Age", zh: "年龄" },
  "facet.genre": { en: "Genre", zh: "类型" },
  "facet.pack": { en: "Pack", zh: "包装" },
  "facet.capacity": { en: "Capacity", zh: "容量" },
  "facet.volume": { en: "Volume", zh: "净含量" },
  "facet.storage": { en: "Storage", zh: "存储容量" },
  "facet.flavour": { en: "Flavour", zh: "口味" },
  "facet.pieces": { en: "Pieces", zh: "件数" },
  "facet.scent": { en: "Scent", zh: "香味" },
  "facet.skin_type": { en: "Skin type", zh: "适用肤质" },
  "facet.waist": { en: "Waist", zh: "腰围" },
  "facet.height": { en: "Height", zh: "高度" },
  "facet.network": { en: "Network", zh: "网络" },
  "facet.compatible_model": { en: "Fits", zh: "适配机型" },
  "facet.shade": { en: "Shade", zh: "色号" },
  "facet.sport": { en: "Sport", zh: "运动" },
  "facet.connection": { en: "Connection", zh: "连接方式" },
  "facet.roast": { en: "Roast", zh: "烘焙度" },
  "facet.power": { en: "Power", zh: "功率" },
  "facet.switch": { en: "Switch", zh: "轴体" },
  "facet.cocoa": { en: "Cocoa", zh: "可可含量" },
  "facet.fill": { en: "Filling", zh: "填充" },
  "facet.wash": { en: "Wash", zh: "洗水" },
  "facet.memory": { en: "Memory", zh: "内存" },
  "facet.thickness": { en: "Thickness", zh: "厚度" },
  "facet.protection": { en: "Protection", zh: "防护" },
  "facet.steel": { en: "Steel", zh: "钢材" },
  "facet.comfort": { en: "Comfort", zh: "舒适度" },
  "facet.edition": { en: "Edition", zh: "版本" },
  "facet.players": { en: "Players", zh: "人数" },
  "home.categories": { en: "Departments", zh: "分类" },
  "home.updated": { en: "Just updated by what you did", zh: "已根据你的浏览更新" },
  "home.empty": { en: "The shelves are still empty.", zh: "货架还是空的。" },
  "home.empty.hint": { en: "Import a catalogue and they fill by themselves.", zh: "导入商品目录后，货架会自动填满。" },
  "card.add": { en: "Add {title} to cart", zh: "把{title}加入购物车" },
  "card.new": { en: "New here", zh: "新出现" },
  "card.out": { en: "Sold out", zh: "暂时缺货" },
  "product.add": { en: "Add to cart", zh: "加入购物车" },
  "product.buy": { en: "Buy now", zh: "立即购买" },
  "product.stock": { en: "In stock", zh: "有货" },
  "product.few": { en: "Only {count} left", zh: "仅剩 {count} 件" },
  "product.details": { en: "Details", zh: "商品参数" },
  "product.quantity": { en: "Quantity", zh: "数量" },
  "product.rating": { en: "{average} of 5, {count} ratings", zh: "{average} 分（满分 5 分），{count} 条评价" },
  "product.was": { en: "before: {price}", zh: "原价 {price}" },
  "product.foryou": { en: "For you, right now", zh: "此刻为你推荐" },
  "product.gone": { en: "This product is not in the shop.", zh: "店里没有这件商品。" },
  "cart.title": { en: "Your cart", zh: "购物车" },
  "cart.empty": { en: "Your cart is empty.", zh: "购物车是空的。" },
  "cart.empty.hint": { en: "The shelves are waiting.", zh: "去货架上逛逛吧。" },
  "cart.total": { en: "Total", zh: "合计" },
  "cart.order": { en: "Place order", zh: "提交订单" },
  "cart.note": { en: "A demonstration shop: nothing is charged or shipped.", zh: "演示店铺：不会扣款，也不会发货。" },
  "cart.remove": { en: "Remove {title}", zh: "删除{title}" },
  "cart.more": { en: "One more {title}", zh: "增加一件{title}" },
  "cart.less": { en: "One less {title}", zh: "减少一件{title}" },
  "cart.added": { en: "{title} is in your cart", zh: "已将{title}加入购物车" },
  "cart.thanks": { en: "Thank you. Your order {number} is in.", zh: "谢谢，订单 {number} 已提交。" },
  "cart.thanks.hint": { en: "The shelf already knows.", zh: "货架已经知道了。" },
  "cart.failed": { en: "The order did not go through; nothing was lost. Try again.", zh: "订单没有提交成功，内容都还在，请重试。" },
  "cart.goes": { en: "Goes well with your cart", zh: "与购物车搭配" },
  "panel.title": { en: "What the shop knows about you", zh: "本店对你的了解" },
  "panel.close": { en: "Close", zh: "关闭" },
  "panel.visitor": { en: "You are visitor {id}; no name, no address.", zh: "你是访客 {id}，没有姓名和地址。" },
  "panel.events": { en: "things you did", zh: "次浏览与操作" },
  "panel.orders": { en: "orders", zh: "个订单" },
  "panel.taste": { en: "What you seem to like", zh: "你似乎喜欢" },
  "panel.recent": { en: "Lately", zh: "最近" },
  "panel.searches": { en: "Searched for", zh: "搜索过" },
  "panel.cart": { en: "In your cart", zh: "购物车里" },
  "panel.bought": { en: "Bought", zh: "买过" },
  "panel.why": { en: "Why these products stand here", zh: "为什么推荐这些" },
  "panel.sources": { en: "found by", zh: "来源" },
  "panel.empty": { en: "Nothing yet. Look around, and this fills.", zh: "还什么都不知道。逛一逛，这里就会有内容。" },
  "panel.forget": { en: "Forget me", zh: "忘记我" },
  "panel.forget.sure": { en: "Really forget everything?", zh: "确定忘记全部吗？" },
  "panel.forget.yes": { en: "Yes, forget me", zh: "确定，忘记我" },
  "panel.forget.no": { en: "Keep it", zh: "保留" },
  "panel.forgotten": { en: "Forgotten. You are a new visitor now.", zh: "已忘记。你现在是一位新访客。" },
  "panel.times": { en: "{count}×", zh: "{count} 次" },
  "event.detail-page-view": { en: "Looked at", zh: "看了" },
  "event.product-click": { en: "Clicked", zh: "点了" },
  "event.impression": { en: "Saw", zh: "看到" },
  "event.add-to-cart": { en: "Put in the cart", zh: "加入购物车" },
  "event.remove-from-cart": { en: "Took out of the cart", zh: "移出购物车" },
  "event.purchase-complete": { en: "Bought", zh: "购买了" },
  "event.refund": { en: "Returned", zh: "退了" },
  "event.search": { en: "Searched", zh: "搜索" },
  "event.home-page-view": { en: "Opened the home page", zh: "打开首页" },
  "event.category-page-view": { en: "Opened a department", zh: "打开分类" },
  "event.shopping-cart-page-view": { en: "Opened the cart", zh: "查看购物车" },
  "state.degraded": { en: "Personal shelves are resting for a moment; this is what sells well.", zh: "个性化推荐暂时休息，先看看大家都在买什么。" },
  "state.down": { en: "The shop does not answer.", zh: "店铺暂时没有回应。" },
  "state.down.hint": { en: "It may be starting, or the network is gone.", zh: "可能正在启动，或者网络断开了。" },
  "state.retry": { en: "Try again", zh: "重试" },
  "state.lost": { en: "There is no such page.", zh: "没有这个页面。" },
  "state.home": { en: "To the shelves", zh: "回到货架" },
  "state.loading": { en: "Loading", zh: "加载中" },
  "shelf.previous": { en: "Back: {title}", zh: "向前：{title}" },
  "shelf.next": { en: "On: {title}", zh: "向后：{title}" },
  "foot.docs": { en: "For developers", zh: "开发者文档" },
  "foot.note": { en: "Pictures are drawn, not taken. Built with Shopkeeper.", zh: "图片均为绘制。由 Shopkeeper 提供。" },
};

const KEPT = "shopkeeper.language";

function initial() {
  const kept = localStorage.getItem(KEPT);
  if (kept === "zh" || kept === "en") return kept;
  return (navigator.languages ?? [navigator.language]).some((each) => each?.toLowerCase().startsWith("zh")) ? "zh" : "en";
}

let spoken = initial();

export const language = () => spoken;

export function setLanguage(next) {
  spoken = next;
  localStorage.setItem(KEPT, next);
  applyLanguage();
}

export function applyLanguage() {
  document.documentElement.lang = spoken === "zh" ? "zh-Hans" : "en";
}

/** Takes in the words of one more part of the page. */
export function learn(words) {
  Object.assign(WORDS, words);
}

/** The words for a key, with {names} filled in; a facet or event that has no words is shown as it is. */
export function t(key, values = {}) {
  const words = WORDS[key]?.[spoken] ?? key.slice(key.indexOf(".") + 1).replaceAll("_", " ");
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
