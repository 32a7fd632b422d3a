//! Files of a cluster and of its users: credentials, Hadoop's configuration, JAAS, and our own YAML.

use std::path::Path;

use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_conf::{Configuration, Environment};
use alpheus_security::hadoop::{Credentials, CredentialsFormat, Token};
use alpheus_security::jaas::JaasFile;
use alpheus_security::secret::SecretBytes;

use super::texts;
use crate::Target;

pub(super) const CREDENTIALS: Target = Target {
    name: "credentials",
    run: credentials,
    seeds: credential_seeds,
    words: &["HDTS", "HDFS_DELEGATION_TOKEN", "ha-hdfs:ns"],
};

pub(super) const XML: Target = Target {
    name: "hadoop-xml",
    run: xml,
    seeds: xml_seeds,
    words: &[
        "<property>",
        "</property>",
        "<name>",
        "</name>",
        "<value>",
        "</value>",
        "<final>true</final>",
        "${",
        "}",
        "${a}",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "&amp;",
        "&#x41;",
        "<xi:include href=\"x\"/>",
        "<!DOCTYPE a [",
        "<?xml",
        "/>",
    ],
};

pub(super) const JAAS: Target = Target {
    name: "jaas",
    run: jaas,
    seeds: jaas_seeds,
    words: &[
        "required",
        "Client {",
        "};",
        ";",
        "${",
        "}",
        "=\"",
        "/*",
        "//",
        "useKeyTab=true",
    ],
};

pub(super) const CONFIG: Target = Target {
    name: "config",
    run: config,
    seeds: config_seeds,
    words: &[
        "parallelism.default:",
        "\n  ",
        "- ",
        "&a",
        "*a",
        "|",
        ">",
        "!!str",
        "{a: b}",
        "[1, 2]",
        "<<:",
        "10 s",
    ],
};

fn credentials(bytes: &[u8]) {
    let Ok(read) = Credentials::decode(bytes) else {
        return;
    };
    let written = read.encode(CredentialsFormat::Writable);
    let again = Credentials::decode(written.expose());
    assert!(
        again.is_ok_and(|again| again == read),
        "credentials are what was written"
    );
}

fn credential_seeds() -> Vec<Vec<u8>> {
    let mut some = Credentials::new();
    some.add(
        "hdfs",
        Token {
            identifier: vec![0, 5, b'a', b'l', b'i', b'c', b'e'],
            password: SecretBytes::new(vec![7; 20]),
            kind: "HDFS_DELEGATION_TOKEN".to_owned(),
            service: "ha-hdfs:ns".to_owned(),
        },
    );
    some.add_secret("key", SecretBytes::new(vec![1, 2, 3]));
    [CredentialsFormat::Writable, CredentialsFormat::Protobuf]
        .map(|format| some.encode(format).expose().to_vec())
        .into()
}

fn xml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok((conf, _)) = HadoopConf::from_text(&text, Path::new("fuzz.xml"), Environment::of(&[]))
    else {
        return;
    };
    let keys: Vec<String> = conf.keys().map(str::to_owned).collect();
    for key in keys {
        let _ = conf.text(&key);
        let _ = conf.millis(&key);
        let _ = conf.bytes(&key);
    }
    let _ = conf.default_hdfs_authority();
    let _ = conf.name_service("ns");
}

fn xml_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "<?xml version=\"1.0\"?>\n<configuration>\n<property><name>fs.defaultFS</name><value>hdfs://ns</value><final>true</final></property>\n<property><name>a</name><value>${b}/${env.HOME:-x}/${a}</value></property>\n</configuration>",
        "<configuration xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"other.xml\"><xi:fallback/></xi:include><!-- c --><property><name>dfs.nameservices</name><value><![CDATA[ns]]></value></property><property><name>dfs.ha.namenodes.ns</name><value>nn1,nn2</value></property><property><name>dfs.namenode.rpc-address.ns.nn1</name><value>h:8020</value></property></configuration>",
        "<configuration><property name=\"x\" value=\"10s\"/><property><name>y</name><value>&lt;5m</value><source>z</source></property></configuration>",
    ])
}

fn jaas(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(file) = JaasFile::parse(&text, "fuzz", &Environment::of(&[])) else {
        return;
    };
    let names: Vec<&str> = file.names().collect();
    for name in names {
        let _ = file.entry(name);
    }
}

fn jaas_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "KafkaClient {\n  com.sun.security.auth.module.Krb5LoginModule required\n  useKeyTab=true keyTab=\"/etc/a.keytab\"\n  principal=\"a@R\" serviceName=\"kafka\";\n};",
        "/* c */ Client { org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" password=\"p\\\"q\"; };\n// end\nOther { org.apache.kafka.common.security.plain.PlainLoginModule optional username='x' password='${env}'; };",
    ])
}

fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Configuration::new().add_yaml(&text, Path::new("config.yaml"));
    let _ = Configuration::new().add_override(&text);
}

fn config_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "parallelism:\n  default: 4\nexecution.checkpointing:\n  interval: 10 s\n  dir: file:///tmp/c\n",
        "pipeline.name: 'a: b'\nsecurity.kerberos.fetch.delegation-token: true\nyarn.ship-files: [a, \"b c\"]\nrest.port: 0 # x\n",
        "restart-strategy.type=fixed-delay",
        "taskmanager.memory.process.size: 1gb\nyarn.tags: a,b\n",
    ])
}
