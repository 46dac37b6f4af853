"""The world of the demonstration: everything around Lifeboat, started and stopped as one."""

from pathlib import Path

from deploy.demo.certificates import PublicAuthority
from deploy.demo.clients import Client, Page
from deploy.demo.name_servers import HOSTNAME, PANEL_NAMES, NameServers
from deploy.demo.network import CLIENT_OF_SERVERS, CLIENT_WITH_CACHE, Namespace
from deploy.demo.processes import Process, stop_all
from deploy.demo.web_servers import WebServers
from deploy.demo.zone_watch import ZoneWatch


class World:
    """Origin, edge, name servers, panel and users, in a network of their own.

    `directory` is new and empty; logs go to its `logs`. Only one world at a time in a process.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.logs = directory / "logs"
        self.logs.mkdir()
        self.public = PublicAuthority(directory / "public")
        self.network = Namespace()
        self.names = NameServers(directory / "names", self.logs)
        self.web = WebServers(
            directory / "web",
            self.logs,
            good=self.public.issue("app", HOSTNAME),
            expired=self.public.issue("expired", HOSTNAME, days=-1),
            panel=self.public.issue("panel", *PANEL_NAMES),
        )
        self.watch = ZoneWatch()
        self.page = Page(self.public.ca_file)
        self.client = Client("client", CLIENT_OF_SERVERS, self.page, keeps_answers=False)
        self.caching_client = Client(
            "caching-client", CLIENT_WITH_CACHE, self.page, keeps_answers=True
        )

    def start(self) -> None:
        """Everything that is not Lifeboat, until it answers."""
        self.names.start()
        self.web.start()
        self.names.wait()
        self.watch.start()

    def start_clients(self) -> None:
        self.client.start()
        self.caching_client.start()

    @property
    def processes(self) -> list[Process]:
        return [*self.web.processes, *self.names.processes]

    def stop(self) -> None:
        """Ends everything that was started, whatever state it is in."""
        self.client.stop()
        self.caching_client.stop()
        self.watch.stop()
        stop_all(self.processes)
        self.network.leave()
