"""The same work on many machines, with Ray Data: start at `run.py`.

`planning.py` turns names into jobs, `worker.py` does one picture after the other in a process of
its own, `stores.py` reads and writes wherever files are, `keeper.py` keeps the ledger for all
workers. Ray is imported when a run on a cluster is asked for, not before.
"""
