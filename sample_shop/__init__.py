"""The shop that ships: products, shoppers and their clickstream, in Chinese and English, written by us."""
