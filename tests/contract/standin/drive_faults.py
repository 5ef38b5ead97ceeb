"""Meet one fault with the agent's own mechanics and no TensorFlow: the child saves, the parent completes. Prints the facts as JSON.

python drive_faults.py AGENT FOLDER KIND FORMAT [UID]
"""

import importlib.util
import json
import os
import sys

CHUNK = b"weights, weights" * 256
LARGE = 3000000


def main():
    place, folder, kind, format = sys.argv[1:5]
    spec = importlib.util.spec_from_file_location("agent", os.path.join(place, "__init__.py"), submodule_search_locations=[place])
    package = importlib.util.module_from_spec(spec)
    sys.modules["agent"] = package
    spec.loader.exec_module(package)
    from agent import faults, files
    from agent.report import Report, Unsupported

    request = {"id": "cell", "stage": "save", "format": format, "fixture": {"name": "f", "file": "f.py", "fault": kind}}
    for name in ("artifact", "scratch"):
        request[name] = os.path.join(folder, name)
        os.mkdir(request[name])
        os.chmod(request[name], 0o777)
    report = Report(os.path.join(folder, "facts"))

    def write(where):
        report.phase("save")
        path = os.path.join(where, "model.h5" if format == "h5" else "ckpt-1.data-00000-of-00001")
        copy = bytearray(LARGE)
        with open(path, "wb") as stream:
            for _ in range(200):
                stream.write(CHUNK)
            stream.write(copy[:1])
        if format != "h5":
            with open(os.path.join(where, "ckpt-1.index"), "wb") as stream:
                stream.write(b"index")

    def again(where):
        write(where)
        return {"optimizer": True}

    def child():
        try:
            if len(sys.argv) > 5:
                os.setuid(int(sys.argv[5]))
            faults.possible(request)
            report.write()
            faults.save(request, report, write, again)
            if kind in faults.AFTER:
                faults.damage(request, report, faults.place(request), [CHUNK[:64]])
            report.phase("done")
        except Unsupported as error:
            report.facts["unsupported"] = {"reason": error.reason, "why": error.why}
        except BaseException as error:
            report.error(error)
        report.write()

    pid = os.fork()
    if not pid:
        code = 1
        try:
            child()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    facts = files.read_json(report.path)
    faults.complete(request, facts)
    facts["signal"] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    print(json.dumps(facts))


main()
