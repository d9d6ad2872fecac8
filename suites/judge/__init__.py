"""The recipe of the embedded judge's weights: labelled claims made from licensed data, and what is learnt from them."""
