"""Fixtures that misbehave as soon as they are imported, by name; written to files by the contract tests."""

BAD = {
    "segfault": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
    "leaves": "import os\nos._exit(0)\n",
    "exits": "raise SystemExit(0)\n",
    "raises": "raise RuntimeError('this fixture is wrong')\n",
    "hangs": "while True:\n    pass\n",
    "ignores": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)\n",
    "memory": "kept = []\nwhile True:\n    kept.append(bytearray(b'x' * 10000000))\n",
    "disk": "n = 0\nwhile True:\n    n += 1\n    open('file-%d' % n, 'wb').write(b'x' * 1000000)\n",
    "one_file": "import os\nstream = open('big', 'wb')\nwhile True:\n    stream.write(b'x' * 1000000)\n    stream.flush()\n",
    "noise": "import os\nfor _ in range(1000):\n    os.write(1, bytes(range(256)))\nraise RuntimeError('after the noise')\n",
    "endless_noise": "import os\nwhile True:\n    os.write(2, b'\\x00\\xff' * 50000)\n",
    "liar": 'print(\'{"event":"done","id":"cell","result":"/nowhere"}\', flush=True)\nraise RuntimeError(\'after the lie\')\n',
    "orphan": (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "raise RuntimeError('leaves a process')\n"
    ),
    "nothing": "",
}
