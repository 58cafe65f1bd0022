#!/usr/bin/python3
"""A client of the key-value server that is made by Protocol Buffers itself:
every command, every type of value.

    kv_peer.py PORT DIRECTORY

protoc writes its code for kv.proto to DIRECTORY. Exit status: 0 all as it
should be, 1 not, 77 there is no protoc or no google.protobuf here (Debian:
protobuf-compiler, python3-protobuf).
"""
import os
import random
import shutil
import socket
import struct
import subprocess
import sys

SKIPPED = 77


def skip(why):
    print(why)
    sys.exit(SKIPPED)


def load_messages(directory):
    """The module that protoc makes of kv.proto, which lies beside this file."""
    try:
        import google.protobuf  # noqa: F401
    except ImportError:
        skip("no google.protobuf for %s (package python3-protobuf)" % sys.executable)
    if shutil.which("protoc") is None:
        skip("no protoc (package protobuf-compiler)")
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run(["protoc", "-I" + here, "--python_out=" + directory,
                    os.path.join(here, "kv.proto")], check=True)
    sys.dont_write_bytecode = True
    sys.path.insert(0, directory)
    import kv_pb2
    return kv_pb2


class Client:
    def __init__(self, kv, port):
        self.kv = kv
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def send(self, request):
        message = request.SerializeToString()
        self.socket.sendall(struct.pack(">I", len(message)) + message)

    def receive(self):
        size, = struct.unpack(">I", self.read(4))
        response = self.kv.CommandResponse()
        response.ParseFromString(self.read(size))
        # Nothing in it that the schema does not know, and nothing written in
        # another way than the library would: the bytes are the same.
        assert response.ByteSize() == size, response
        return response

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, "the server has hung up"
            data += piece
        return data

    def ask(self, **command):
        self.send(self.kv.CommandRequest(**command))
        return self.receive()


def expect(response, status, values=(), pairs=(), message=None):
    assert response.status == status, response
    assert list(response.values) == list(values), response
    assert sorted((p.key, p.value.SerializeToString()) for p in response.pairs) \
        == sorted((k, v.SerializeToString()) for k, v in pairs), response
    if message is not None:
        assert response.message == message, response


def every_command(kv, client):
    V, P, none = kv.Value, kv.Kvpair, kv.Value()
    t = "table"

    expect(client.ask(hget=kv.Hget(table=t, key="k")), 404,
           message="Not found: table table, key k")
    expect(client.ask(hset=kv.Hset(table=t, pair=P(key="k", value=V(integer=-7)))),
           200, [none])
    expect(client.ask(hget=kv.Hget(table=t, key="k")), 200, [V(integer=-7)])
    expect(client.ask(hset=kv.Hset(table=t, pair=P(key="k", value=V(float=2.5)))),
           200, [V(integer=-7)])
    expect(client.ask(hmset=kv.Hmset(table=t, pairs=[
        P(key="k", value=V(string="Grüße")), P(key="b", value=V(bool=True)),
        P(key="x", value=V(binary=bytes(range(256))))])),
        200, [V(float=2.5), none, none])
    expect(client.ask(hmget=kv.Hmget(table=t, keys=["x", "no", "k"])), 200,
           [V(binary=bytes(range(256))), none, V(string="Grüße")])
    expect(client.ask(hgetall=kv.Hgetall(table=t)), 200, pairs=[
        ("k", V(string="Grüße")), ("b", V(bool=True)),
        ("x", V(binary=bytes(range(256))))])
    expect(client.ask(hexist=kv.Hexist(table=t, key="b")), 200, [V(bool=True)])
    expect(client.ask(hmexist=kv.Hmexist(table=t, keys=["no", "b"])), 200,
           [V(bool=False), V(bool=True)])
    expect(client.ask(hdel=kv.Hdel(table=t, key="b")), 200, [V(bool=True)])
    expect(client.ask(hmdel=kv.Hmdel(table=t, keys=["b", "k", "x"])), 200,
           [none, V(string="Grüße"), V(binary=bytes(range(256)))])
    expect(client.ask(hgetall=kv.Hgetall(table=t)), 200)
    expect(client.ask(), 400)
    expect(client.ask(hset=kv.Hset(table=t)), 400)


def every_type(kv, client):
    values = [kv.Value(string=""), kv.Value(string="\0\x7f\u0080\U0001f600"),
              kv.Value(binary=b""), kv.Value(integer=0),
              kv.Value(integer=2**63 - 1), kv.Value(integer=-2**63),
              kv.Value(float=0.0), kv.Value(float=-0.0),
              kv.Value(float=float("inf")), kv.Value(float=5e-324),
              kv.Value(bool=False), kv.Value(bool=True), kv.Value()]
    for value in values:
        client.ask(hset=kv.Hset(table="types",
                                pair=kv.Kvpair(key="k", value=value)))
        response = client.ask(hget=kv.Hget(table="types", key="k"))
        expect(response, 200, [value])
        assert response.values[0].WhichOneof("value") == \
            value.WhichOneof("value"), response


def random_value(kv, dice):
    return dice.choice([
        lambda: kv.Value(string="".join(chr(dice.randrange(0x20, 0x2000))
                                        for _ in range(dice.randrange(30)))),
        lambda: kv.Value(binary=dice.randbytes(dice.randrange(300))),
        lambda: kv.Value(integer=dice.randrange(-2**63, 2**63)),
        lambda: kv.Value(float=dice.uniform(-1e9, 1e9)),
        lambda: kv.Value(bool=dice.random() < 0.5)])()


def against_a_dict(kv, client):
    """A thousand commands by a seed, and a dict that does the same."""
    dice, model, none = random.Random(9527), {}, kv.Value()
    for _ in range(1000):
        key = "key %d" % dice.randrange(40)
        old = model.get(key)
        what = dice.randrange(4)
        if what == 0:
            response = client.ask(hget=kv.Hget(table="m", key=key))
            expect(response, 200 if old is not None else 404,
                   [old] if old is not None else [])
        elif what == 1:
            response = client.ask(hdel=kv.Hdel(table="m", key=key))
            expect(response, 200, [none if old is None else old])
            model.pop(key, None)
        else:
            value = random_value(kv, dice)
            response = client.ask(hset=kv.Hset(
                table="m", pair=kv.Kvpair(key=key, value=value)))
            expect(response, 200, [none if old is None else old])
            model[key] = value
    expect(client.ask(hgetall=kv.Hgetall(table="m")), 200, pairs=model.items())


def pipelined(kv, client):
    count = 200
    for i in range(count):
        client.send(kv.CommandRequest(hset=kv.Hset(
            table="p", pair=kv.Kvpair(key="k", value=kv.Value(integer=i)))))
    expect(client.receive(), 200, [kv.Value()])
    for i in range(count - 1):
        expect(client.receive(), 200, [kv.Value(integer=i)])


def main():
    kv = load_messages(sys.argv[2])
    client = Client(kv, int(sys.argv[1]))
    for part in every_command, every_type, against_a_dict, pipelined:
        part(kv, client)
    print("protobuf %s agrees" % __import__("google.protobuf").protobuf.__version__)


if __name__ == "__main__":
    main()
