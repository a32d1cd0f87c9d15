"""The load rig: `wardline load`. A network's busy hour, measured from outside.

One process leads (`leading`): it reads who and what there is (`cast`), opens sessions, starts the processes that carry
the users (`worker`), samples the server (`sampling`) and writes the figures (`results`, `page`). A worker's users each
hold a stream (`streams`) and act at random moments that nobody's slowness delays (`acting`, over `http`), along the
journey of their role (`journeys`). What their screens show is kept (`screens`) and compared with the truth at the end.

Budget: 100 microseconds of the rig's own CPU for a request, 15 for a pushed change.
"""
