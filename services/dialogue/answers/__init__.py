"""Answers that are no flow: finding products, questions about them, the cart, knowledge, orders, small talk."""
