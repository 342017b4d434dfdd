"""The client's side of SCRAM (RFC 5802), for MQTT 5's enhanced authentication."""

import base64
import hashlib
import hmac
import secrets


class Scram:
    """One exchange: first(), then final(challenge), then check(proof)."""

    def __init__(self, username, password, method="SCRAM-SHA-256"):
        self.username, self.password = username, password
        self.digest = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}[method]
        self.bare = f"n={username},r={secrets.token_hex(12)}"
        self.signature = None

    def _hmac(self, key, text):
        return hmac.digest(key, text, self.digest)

    def first(self):
        return "n,," + self.bare

    def final(self, challenge):
        challenge = challenge.decode()
        fields = dict(field.split("=", 1) for field in challenge.split(","))
        salt, iterations = base64.b64decode(fields["s"]), int(fields["i"])
        salted = hashlib.pbkdf2_hmac(self.digest, self.password.encode(), salt, iterations)
        unproven = f"c=biws,r={fields['r']}"
        messages = f"{self.bare},{challenge},{unproven}".encode()
        key = self._hmac(salted, b"Client Key")
        signature = self._hmac(hashlib.new(self.digest, key).digest(), messages)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        self.signature = base64.b64encode(self._hmac(self._hmac(salted, b"Server Key"), messages)).decode()
        return f"{unproven},p={proof}"

    def check(self, proof):
        """Whether the server knows the password too."""
        return proof.decode() == "v=" + self.signature
