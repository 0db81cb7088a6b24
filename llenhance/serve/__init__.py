"""Pictures over HTTP, for a page in the browser and for programs; on this machine alone, usually.

`server.py` listens, `app.py` says what is offered where, `guard.py` who may ask, `body.py` reads
what is sent, `room.py` lets few work while others wait. `live.py` renders small copies as sliders
move, `archives.py` collects results. `page/` is what a browser gets, without a build.
"""
