"""The `relay` command: one group, a module per command."""

import click


@click.group()
def main() -> None:
    """Deliver mParticle batches to TikTok's Events API, losing none."""
