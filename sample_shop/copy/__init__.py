"""Copy for the sample shop: facts and the texts that say them, to train the generator on."""
