"""Certificates of public names, made by openssl. Lifeboat's own come from `lifeboatctl pki`."""

from dataclasses import dataclass
from pathlib import Path

from deploy.demo.network import run

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


class PublicAuthority:
    """The one authority that the demonstration's clients and agents trust for public names."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        self._ca = Pair(directory / "ca.pem", directory / "ca.key")
        files = ("-keyout", str(self._ca.key), "-out", str(self._ca.certificate))
        subject = ("-subj", "/CN=Public authority of the demonstration", "-days", "30")
        run("openssl", "req", "-x509", *_NEW_KEY, *files, *subject)

    @property
    def ca_file(self) -> Path:
        return self._ca.certificate

    def issue(self, label: str, *names: str, days: int = 30) -> Pair:
        """A certificate for `names`; with negative `days` one that has expired."""
        stem = self._directory / label
        pair = Pair(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        request, extensions = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
        subject = ("-subj", f"/CN={names[0]}")
        run(
            "openssl",
            "req",
            "-new",
            *_NEW_KEY,
            "-keyout",
            str(pair.key),
            "-out",
            str(request),
            *subject,
        )
        signer = ("-CA", str(self._ca.certificate), "-CAkey", str(self._ca.key), "-CAcreateserial")
        terms = ("-days", str(days), "-extfile", str(extensions))
        run(
            "openssl",
            "x509",
            "-req",
            "-in",
            str(request),
            *signer,
            *terms,
            "-out",
            str(pair.certificate),
        )
        return pair
