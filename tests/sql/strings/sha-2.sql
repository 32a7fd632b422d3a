--! reason: The digests of the SHA-2 family, of a column and with a length of it.
--! sql
SELECT SHA224(s) AS a, SHA256(s) AS b, SHA384(s) AS c, SHA512(s) AS d, SHA2(s, 384) AS e, MD5(s) AS m, SHA1(s) AS s1 FROM (VALUES ('größe'), (CAST(NULL AS STRING))) AS t(s);
--! expect
{"a":"a99c9d01fa757e09be63ef1131a91a084536ddbe069832d3301b4453","b":"d353a2671b67afff0941ae456e5c76e9394bd6579774ae7542a6185fb9843384","c":"85969818496f2b8108e6df4bc45692eb3c47b3e1cf208e60a69f77705b25952907810a34c7580cb1779242597017aff5","d":"4079747068d80d483e8aedaf374c5a905dde63f358bb7cdda7cc48b093f791e2d75f94a6b82076c3d0440e4f278b7b65a41ec20b1de47201a55612e8387de0a0","e":"85969818496f2b8108e6df4bc45692eb3c47b3e1cf208e60a69f77705b25952907810a34c7580cb1779242597017aff5","m":"fdbb3a56280acfa9031707622c599ccb","s1":"93c6a3acf1b4a1beba25d8a45a3ccd719721538b"}
{"a":null,"b":null,"c":null,"d":null,"e":null,"m":null,"s1":null}
