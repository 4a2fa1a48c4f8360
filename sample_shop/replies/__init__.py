"""What the shop says in a conversation, to train the generator's replies on."""
