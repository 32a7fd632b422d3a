--! reason: Digests are lower-case hexadecimal of the UTF-8 bytes.
--! file input/t.csv
abc
é
""
~
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, MD5(s) AS m, SHA1(s) AS s1, SHA256(s) AS s2, SHA2(s, 224) AS s224 FROM t;
--! expect
{"s":"","m":"d41d8cd98f00b204e9800998ecf8427e","s1":"da39a3ee5e6b4b0d3255bfef95601890afd80709","s2":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","s224":"d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"}
{"s":"abc","m":"900150983cd24fb0d6963f7d28e17f72","s1":"a9993e364706816aba3e25717850c26c9cd0d89d","s2":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","s224":"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"}
{"s":"é","m":"66ddcd97cfdeabb2f6fb8a999b4bc76f","s1":"bf15be717ac1b080b4f1c456692825891ff5073d","s2":"4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c","s224":"33dd9448e5538d16ddc6df32dd7f16240cac6cb5238c1c22cb33ae66"}
{"s":null,"m":null,"s1":null,"s2":null,"s224":null}
