"""Certificates that must not do: refused, and both sides say why."""

import re
from pathlib import Path

from deploy.demo.name_servers import ZONE
from deploy.demo.network import run
from deploy.demo.processes import Process, wait_until
from tests.e2e.worlds import InstalledCase


class IdentityTest(InstalledCase):
    def setUp(self) -> None:
        super().setUp()
        self.start()
        self.agent = self.installation.agents["fra"]
        self.agent.stop()

    def start_agent_with(self, certificate: Path, key: Path, ca: Path | None = None) -> None:
        ca = ca or self.installation.pki / "ca.pem"
        files = f"{{ca: {ca}, certificate: {certificate}, key: {key}}}"
        text = self.installation.agent_yaml("fra").splitlines()
        text[0] = f"identity: {files}"
        self.installation.write("agent-fra", "\n".join(text) + "\n")
        self.agent.log.write_text("")
        self.agent.start()

    def assert_refused(self, agent_says: str, controller_says: str) -> None:
        controller = self.installation.controller
        for process, words in ((self.agent, agent_says), (controller, controller_says)):
            self.wait_for_words(process, words)
        vantages = {vantage["name"]: vantage for vantage in self.view()["vantages"]}
        self.assertFalse(vantages["fra"].get("connected"), vantages["fra"])

    def wait_for_words(self, process: Process, words: str) -> None:
        try:
            wait_until(lambda: re.search(words, process.log.read_text()), words, 20, every=0.1)
        except TimeoutError:
            self.fail(f"{process.name} never says {words}:\n{process.tail(30)}")

    def issue(self, uri: str, days: int) -> tuple[Path, Path]:
        """By openssl, from the installation's own authority: what `pki issue` would refuse."""
        pki, stem = self.installation.pki, self.installation.directory / "odd"
        certificate, key, request = (stem.with_suffix(end) for end in (".pem", ".key", ".csr"))
        new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        files = ("-keyout", str(key), "-out", str(request))
        run("openssl", "req", "-new", *new_key, *files, "-subj", "/CN=odd")
        extensions = stem.with_suffix(".ext")
        usage = "extendedKeyUsage=clientAuth,serverAuth"
        extensions.write_text(f"subjectAltName=URI:{uri}\n{usage}\n")
        signer = ("-CA", str(pki / "ca.pem"), "-CAkey", str(pki / "ca.key"), "-CAcreateserial")
        terms = ("-days", str(days), "-extfile", str(extensions), "-out", str(certificate))
        run("openssl", "x509", "-req", "-in", str(request), *signer, *terms)
        return certificate, key

    def test_an_expired_certificate_is_refused(self) -> None:
        self.start_agent_with(*self.issue(f"spiffe://{ZONE}/agent/fra", days=-1))
        self.assert_refused("(?i)expired", "(?i)expired")

    def test_a_certificate_of_another_role_is_refused(self) -> None:
        pki = self.installation.pki
        self.start_agent_with(pki / "person-demo.pem", pki / "person-demo.key")
        self.assert_refused("(?i)role|agent", "(?i)person")

    def test_a_certificate_of_another_authority_is_refused(self) -> None:
        other = self.installation.directory / "other-pki"
        self.installation.make_authority(other)
        self.installation.issue(other, "agent", "fra")
        own = self.installation.pki / "ca.pem"
        self.start_agent_with(other / "agent-fra.pem", other / "agent-fra.key", own)
        self.assert_refused("(?i)certificate|authority", "(?i)certificate|authority")
