"""Revocation: what is hashed, signed lists of hashes, looking one up among ten million, the EU gateway's batches."""
