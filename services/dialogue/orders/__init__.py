"""Orders as a shop keeps them: the embedded implementation of commerce/v1 OrderService."""
