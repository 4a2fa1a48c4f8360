"""Words of a slot -> what they mean. One module for each kind of value; none knows of models or transport."""
