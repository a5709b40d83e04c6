"""What a certificate is: records, payload, COSE, HC1, QR, PDF, trust and checking.

Pure: no network, no token, no database, no clock of its own. The road is one way, and a checker walks it backwards:

    VaccinationRecord -> VerifiedRecord -> HealthCertificate -> CwtClaims -> ToBeSigned -> signature -> CoseSign1 -> HC1
"""
