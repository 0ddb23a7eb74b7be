#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The name under which the real image starts; JUPYTER_TOKEN is read by the notebook itself.
export HOME=/home/jovyan JUPYTER_CONFIG_DIR=/tmp/jupyter JUPYTER_DATA_DIR=/tmp/jupyter-data JUPYTER_RUNTIME_DIR=/tmp/jupyter-run
folder=/home/jovyan
for word; do
    case $word in --ServerApp.root_dir=*) folder=${word#*=} ;; esac
done
exec jupyter-notebook --ip=0.0.0.0 --port=8888 --no-browser --notebook-dir="$folder" "$@"
