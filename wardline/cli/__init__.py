"""The command line: `wardline up` runs everything, the other commands run one part or do one piece of work.

Every command is named here and imported only when it is asked for, so that each process loads what it needs and no
more. One that belongs to a slice is written in the slice, and is listed as soon as its module exists.
"""

import importlib
import importlib.util

import click

from wardline.platform import logs, settings, telemetry

COMMANDS = {
    "accounts": "wardline.demo.commands:accounts",
    "admin": "wardline.identity.commands:admin",
    "checks": "wardline.cli.checks:checks",
    "doctor": "wardline.cli.upkeep:doctor_",
    "import": "wardline.interop.commands:import_records",
    "live": "wardline.cli.live:live",
    "load": "wardline.cli.load:load",
    "lively": "wardline.demo.lively:lively",
    "migrate": "wardline.cli.upkeep:migrate_",
    "openapi": "wardline.platform.http.commands:openapi",
    "plan": "wardline.cli.plan:plan_",
    "seed": "wardline.demo.commands:seed",
    "up": "wardline.cli.up:up",
    "web": "wardline.cli.web:web",
    "worker": "wardline.cli.worker:worker",
}


class Commands(click.Group):
    """A group that imports a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Those commands whose module exists."""
        return sorted(filter(exists, COMMANDS))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS or not exists(cmd_name):
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        return getattr(importlib.import_module(module), name)


def exists(command: str) -> bool:
    """Whether the module of this command is there."""
    try:
        return importlib.util.find_spec(COMMANDS[command].partition(":")[0]) is not None
    except ModuleNotFoundError:
        return False


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wardline", prog_name="wardline")
def main() -> None:
    """Wardline runs a network of hospitals."""


def loaded(process: str) -> settings.Settings:
    """The settings, with logs set up for this process. Ends the command in plain words when one is wrong."""
    try:
        chosen = settings.load()
        telemetry.check(chosen)
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from error
    logs.configure(chosen, process)
    return chosen
