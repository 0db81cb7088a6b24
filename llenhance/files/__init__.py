"""Files and folders: `whole.py` reads and writes, `naming.py` says where results go."""
