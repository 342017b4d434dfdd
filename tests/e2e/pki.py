"""Certificates for the tests, made with the openssl command."""

import os
import subprocess

CONFIG = """
[ca]
default_ca = here
[here]
dir = {directory}
new_certs_dir = {directory}
database = {directory}/index.txt
serial = {directory}/serial
crlnumber = {directory}/crlnumber
certificate = {directory}/ca.pem
private_key = {directory}/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = nothing
[nothing]
"""
P256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
# Before these tests were written.
LONG_AGO = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, directory, name="Test CA"):
        self.directory = directory
        directory.mkdir()
        self.config = self.write("openssl.cnf", CONFIG.format(directory=directory))
        for file, content in (("index.txt", ""), ("serial", "01\n"), ("crlnumber", "01\n")):
            self.write(file, content)
        self.cert = directory / "ca.pem"
        extension = "basicConstraints=critical,CA:TRUE"
        self.openssl(
            *("req", "-x509", *P256, "-days", 30, "-subj", f"/CN={name}", "-config", self.config),
            *("-addext", extension, "-keyout", directory / "ca.key", "-out", self.cert),
        )

    def openssl(self, *words):
        command = ["openssl", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")

    def write(self, name, content):
        path = self.directory / name
        path.write_text(content)
        return path

    def issue(self, name, alt_names="", dates=(), file=None):
        """Paths of a new certificate and its key; alt_names like `DNS:a.example.org,IP:10.0.0.1`."""
        file = file or name
        request, cert = self.directory / f"{file}.csr", self.directory / f"{file}.pem"
        key = self.directory / f"{file}.key"
        extensions = self.write(f"{file}.ext", f"subjectAltName={alt_names}\n" if alt_names else "")
        self.openssl(
            *("req", "-new", *P256, "-subj", f"/CN={name}/O=Example", "-config", self.config),
            *("-keyout", key, "-out", request),
        )
        # A listener may look at any time: the certificate appears at once.
        self.openssl(
            *("ca", "-batch", "-notext", "-config", self.config, "-extfile", extensions, *dates),
            *("-in", request, "-out", f"{cert}.new"),
        )
        os.replace(f"{cert}.new", cert)
        return cert, key

    def revocations(self, *certs):
        """A list that takes these back."""
        for cert in certs:
            self.openssl("ca", "-config", self.config, "-revoke", cert)
        self.openssl("ca", "-config", self.config, "-gencrl", "-out", self.directory / "crl.pem")
        return self.directory / "crl.pem"

    def ocsp_response(self, cert):
        request, response = self.directory / "request.der", self.directory / "response.der"
        self.openssl("ocsp", "-issuer", self.cert, "-cert", cert, "-reqout", request)
        self.openssl(
            *("ocsp", "-index", self.directory / "index.txt", "-CA", self.cert, "-rsigner", self.cert),
            *("-rkey", self.directory / "ca.key", "-reqin", request, "-respout", response, "-ndays", 7),
        )
        return response
