"""Certificates that must not do: refused, and both sides say why."""

import re
import socket
import ssl
import subprocess
from pathlib import Path

from deploy.demo import network
from deploy.demo.name_servers import ZONE
from deploy.demo.network import run
from deploy.demo.processes import Process, wait_until
from tests.e2e.worlds import InstalledCase

Pair = tuple[Path, Path]  # certificate, key


class IdentityTest(InstalledCase):
    def setUp(self) -> None:
        super().setUp()
        self.start()

    def by_pki(self, role: str, name: str, pki: Path | None = None) -> Pair:
        stem = (pki or self.installation.pki) / f"{role}-{name}"
        return stem.with_suffix(".pem"), stem.with_suffix(".key")

    def of_another_authority(self) -> Pair:
        other = self.installation.directory / "other-pki"
        self.installation.make_authority(other)
        self.installation.issue(other, "agent", "fra")
        return self.by_pki("agent", "fra", other)

    def expired(self) -> Pair:
        """By openssl, from the installation's own authority: `pki issue` makes none."""
        pki, stem = self.installation.pki, self.installation.directory / "expired"
        certificate, key, request = (stem.with_suffix(end) for end in (".pem", ".key", ".csr"))
        new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        files = ("-keyout", str(key), "-out", str(request))
        run("openssl", "req", "-new", *new_key, *files, "-subj", "/CN=fra")
        extensions = stem.with_suffix(".ext")
        usage = "extendedKeyUsage=clientAuth,serverAuth"
        extensions.write_text(f"subjectAltName=URI:spiffe://{ZONE}/agent/fra\n{usage}\n")
        signer = ("-CA", str(pki / "ca.pem"), "-CAkey", str(pki / "ca.key"), "-CAcreateserial")
        terms = ("-days", "-1", "-extfile", str(extensions), "-out", str(certificate))
        run("openssl", "x509", "-req", "-in", str(request), *signer, *terms)
        return certificate, key

    # --------------------------------------------------------------- what the bearer says of itself

    def assert_agent_refuses_itself(self, pair: Pair, *words: str) -> None:
        agent = self.installation.agents["fra"]
        agent.stop()
        agent.log.write_text("")
        lines = self.installation.agent_yaml("fra").splitlines()
        ca = self.installation.pki / "ca.pem"
        lines[0] = f"identity: {{ca: {ca}, certificate: {pair[0]}, key: {pair[1]}}}"
        self.installation.write("agent-fra", "\n".join(lines) + "\n")
        self.assertNotEqual(agent.start().wait(10), 0)
        for word in words:
            self.assertIn(word, agent.log.read_text())

    def test_an_agent_with_an_unfit_certificate_does_not_start_and_says_why(self) -> None:
        cases = {
            "expired": (self.expired(), "expired at", "pki issue agent fra"),
            "role": (self.by_pki("person", "demo"), f"spiffe://{ZONE}/person/demo", "not an agent"),
            "authority": (self.of_another_authority(), "did not issue this certificate"),
        }
        for name, (pair, *words) in cases.items():
            with self.subTest(name):
                self.assert_agent_refuses_itself(pair, *words)

    # ------------------------------------------------------------------ what the controller says

    def shake_hands(self, pair: Pair) -> str:
        """What a caller who does not look at its own certificate is told; empty: welcome."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname = False
        tls.load_verify_locations(self.installation.pki / "ca.pem")
        tls.load_cert_chain(*pair)
        tls.set_alpn_protocols(["h2"])
        try:
            with socket.create_connection((network.CONTROLLER, 7443), 5) as line:
                with tls.wrap_socket(line) as secure:
                    return "" if secure.recv(1) else "closed"
        except OSError as error:
            return str(error)

    def wait_for_words(self, process: Process, words: str) -> None:
        try:
            wait_until(lambda: re.search(words, process.log.read_text()), words, 20, every=0.1)
        except TimeoutError:
            self.fail(f"{process.name} never says {words}:\n{process.tail(30)}")

    def assert_controller_refuses(self, pair: Pair) -> None:
        self.assertEqual(self.shake_hands(self.by_pki("agent", "fra")), "")
        self.assertNotEqual(self.shake_hands(pair), "")
        self.wait_for_words(self.installation.controller, "(?i)handshake failed")

    def test_a_controller_refuses_an_expired_certificate_and_says_so(self) -> None:
        self.assert_controller_refuses(self.expired())

    def test_a_controller_refuses_another_authority_s_certificate_and_says_so(self) -> None:
        self.assert_controller_refuses(self.of_another_authority())

    def test_a_caller_of_the_wrong_role_is_told_so_by_the_controller(self) -> None:
        certificate, key = self.by_pki("agent", "fra")
        ca = self.installation.pki / "ca.pem"
        text = (self.installation.directory / "ctl.yaml").read_text().splitlines()
        text[0] = f"identity: {{ca: {ca}, certificate: {certificate}, key: {key}}}"
        self.installation.write("ctl", "\n".join(text) + "\n")
        argv = self.installation.ctl_argv("status")
        done = subprocess.run(argv, text=True, capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, "(?i)agent.*person|person.*agent")
        self.wait_for_words(self.installation.controller, "agent/fra.*person|person.*agent/fra")
