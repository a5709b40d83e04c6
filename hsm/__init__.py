"""PKCS#11 tokens: bytes in, signature out. Knows nothing of health."""
