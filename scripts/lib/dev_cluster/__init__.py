"""A Hadoop cluster on one machine, secured as in production, for people and for tests.

Real daemons from published packages: an MIT KDC, NameNodes, DataNodes, ResourceManagers and NodeManagers.
Nothing outside the Python standard library is needed.

    cli         arguments, help, one function per command
    errors      the one error type: what is wrong and what to do
    options     what `up` was asked for, kept with the cluster
    layout      the cluster's folder, its ports, its memory between commands (cluster.json)
    artifacts   Debian packages, Hadoop's jars and native library, cached
    kdc         the Kerberos realm: database, principals, keytabs, tickets
    tls         the key that Hadoop's web servers need
    hadoop_conf Hadoop's XML files, one pure function per file
    processes   starting, watching and stopping daemons
    diagnosis   from a dead daemon's log to a sentence
    cluster     up and down: the order of things
    java        the command line of a Hadoop class; `hdfs` and `yarn` sub-commands
    Prepare.java        active NameNode and ResourceManager, the folders of HDFS, waiting for the nodes
    container-executor  in the place of Hadoop's setuid binary: containers run as the submitting user
"""
