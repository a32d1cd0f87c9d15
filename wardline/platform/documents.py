"""Documents for paper: a typst template and data in, a PDF out. Data is data: nothing in it is read as markup.

Typesetting takes tens of milliseconds of CPU, so it runs in a thread, two at a time in a process.
"""

import asyncio
from functools import partial
from pathlib import Path

import msgspec

AT_ONCE_MAX = 2
_turns = asyncio.Semaphore(AT_ONCE_MAX)


async def pdf(template: Path, values: object) -> bytes:
    """The PDF of a template, which reads `values` (anything msgspec can encode) with `json(bytes(sys.inputs.values))`."""
    import typst  # noqa: PLC0415 - most processes never make a document, and the typesetter is large

    data = msgspec.json.encode(values).decode()
    compile_one = partial(typst.compile, str(template), format="pdf", sys_inputs={"values": data})
    async with _turns:
        return await asyncio.to_thread(compile_one)
