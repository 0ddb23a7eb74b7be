#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ftpd.py FOLDER: an FTP server on a free port of 127.0.0.1, told on standard output.

pyftpdlib from Debian: it runs as any user on any port, has users of its own, and can be told to
lie about the address of its data. User alice, password "a:b@c"; and anonymous.
"""
import sys
import warnings

warnings.simplefilter('ignore')
from pyftpdlib.authorizers import DummyAuthorizer  # noqa: E402
from pyftpdlib.handlers import FTPHandler  # noqa: E402
from pyftpdlib.servers import FTPServer  # noqa: E402

folder = sys.argv[1]
handler = FTPHandler
handler.authorizer = DummyAuthorizer()
handler.authorizer.add_user('alice', 'a:b@c', folder, perm='elradfmwMT')
handler.authorizer.add_anonymous(folder)
# where PASV says that the data is: nobody who believes that gets any
handler.masquerade_address = '10.1.2.3'
handler.use_sendfile = False
server = FTPServer(('127.0.0.1', 0), handler)
print('listening on', server.address[1], flush=True)
server.serve_forever()
