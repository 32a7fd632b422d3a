//! Files that are being written: the part of `ClientProtocol` with which a writer goes on when a DataNode is lost, and which the
//! HDFS library leaves out (`ClientNamenodeProtocol.proto`, `hdfs.proto`).

use super::NameNode;
use crate::error::RpcError;
use crate::protocol::Method;

/// `ExtendedBlockProto`: a block in a name space's pool.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Block {
    /// The pool.
    #[prost(string, required, tag = "1")]
    pub pool: String,
    /// Its number.
    #[prost(uint64, required, tag = "2")]
    pub id: u64,
    /// Counts up whenever the DataNodes that write it change.
    #[prost(uint64, required, tag = "3")]
    pub generation_stamp: u64,
    /// Bytes, as far as the NameNode knows.
    #[prost(uint64, optional, tag = "4")]
    pub length: Option<u64>,
}

/// `DatanodeIDProto`: where a DataNode listens.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DataNodeId {
    /// Its address.
    #[prost(string, required, tag = "1")]
    pub ip: String,
    /// Its name.
    #[prost(string, required, tag = "2")]
    pub host: String,
    /// Its identity.
    #[prost(string, required, tag = "3")]
    pub uuid: String,
    /// For data.
    #[prost(uint32, required, tag = "4")]
    pub data_port: u32,
    /// For people.
    #[prost(uint32, required, tag = "5")]
    pub info_port: u32,
    /// For calls.
    #[prost(uint32, required, tag = "6")]
    pub ipc_port: u32,
}

/// `DatanodeInfoProto`, of which a client needs who it is.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DataNode {
    /// Who it is.
    #[prost(message, required, tag = "1")]
    pub id: DataNodeId,
    /// Its rack; a NameNode takes no DataNode without.
    #[prost(string, optional, tag = "8")]
    pub rack: Option<String>,
}

/// `LocatedBlockProto`: a block, and who has it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LocatedBlock {
    /// The block.
    #[prost(message, required, tag = "1")]
    pub block: Block,
    /// Where in the file it begins.
    #[prost(uint64, required, tag = "2")]
    pub offset: u64,
    /// Who has it, or is to get it.
    #[prost(message, repeated, tag = "3")]
    pub data_nodes: Vec<DataNode>,
}

/// `LocatedBlocksProto`: what the NameNode knows of a file's content.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LocatedBlocks {
    /// Bytes of the file without a last block that is still written.
    #[prost(uint64, required, tag = "1")]
    pub length: u64,
    /// Whether somebody writes it.
    #[prost(bool, required, tag = "3")]
    pub under_construction: bool,
    /// Its last block, if it has any.
    #[prost(message, optional, tag = "4")]
    pub last: Option<LocatedBlock>,
    /// Whether DataNodes have reported the last block as complete.
    #[prost(bool, required, tag = "5")]
    pub last_is_complete: bool,
}

/// A message of no interest but for being there.
#[derive(Clone, PartialEq, prost::Message)]
struct Something {}

/// `HdfsFileStatusProto`, as much of it as a writer needs.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileState {
    /// Bytes.
    #[prost(uint64, required, tag = "3")]
    pub length: u64,
    /// Copies of each block.
    #[prost(uint32, optional, tag = "10")]
    pub replication: Option<u32>,
    /// Bytes in a block.
    #[prost(uint64, optional, tag = "11")]
    pub block_size: Option<u64>,
    /// Another file under the same name has another one.
    #[prost(uint64, optional, tag = "13")]
    pub id: Option<u64>,
    #[prost(message, optional, tag = "15")]
    encryption: Option<Something>,
    #[prost(message, optional, tag = "17")]
    erasure_coding: Option<Something>,
}

impl FileState {
    /// Whether blocks of other files can be added to it: not in an encryption zone, and not with erasure coding.
    #[must_use]
    pub fn can_be_concatenated(&self) -> bool {
        self.encryption.is_none() && self.erasure_coding.is_none()
    }
}

/// A file that this client writes, as the NameNode knows it.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// Its path.
    pub path: String,
    /// Its number, which another file under that path would not have.
    pub id: u64,
    /// The name of the client that holds its lease.
    pub holder: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PathRequest {
    #[prost(string, required, tag = "1")]
    path: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FileInfoResponse {
    #[prost(message, optional, tag = "1")]
    status: Option<FileState>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct BlockLocationsRequest {
    #[prost(string, required, tag = "1")]
    path: String,
    #[prost(uint64, required, tag = "2")]
    offset: u64,
    #[prost(uint64, required, tag = "3")]
    length: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct BlockLocationsResponse {
    #[prost(message, optional, tag = "1")]
    blocks: Option<LocatedBlocks>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AddBlockRequest {
    #[prost(string, required, tag = "1")]
    path: String,
    #[prost(string, required, tag = "2")]
    holder: String,
    #[prost(message, repeated, tag = "4")]
    excluded: Vec<DataNode>,
    #[prost(uint64, optional, tag = "5")]
    file_id: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AddBlockResponse {
    #[prost(message, required, tag = "1")]
    block: LocatedBlock,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AbandonBlockRequest {
    #[prost(message, required, tag = "1")]
    block: Block,
    #[prost(string, required, tag = "2")]
    path: String,
    #[prost(string, required, tag = "3")]
    holder: String,
    #[prost(uint64, optional, tag = "4")]
    file_id: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CompleteRequest {
    #[prost(string, required, tag = "1")]
    path: String,
    #[prost(string, required, tag = "2")]
    holder: String,
    #[prost(uint64, optional, tag = "4")]
    file_id: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CompleteResponse {
    #[prost(bool, required, tag = "1")]
    complete: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FsyncRequest {
    #[prost(string, required, tag = "1")]
    path: String,
    #[prost(string, required, tag = "2")]
    holder: String,
    #[prost(uint64, optional, tag = "4")]
    file_id: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ConcatRequest {
    #[prost(string, required, tag = "1")]
    target: String,
    #[prost(string, repeated, tag = "2")]
    sources: Vec<String>,
}

impl NameNode {
    /// What a file is; `None` when there is none.
    ///
    /// # Errors
    /// When the NameNode refuses or cannot be reached.
    pub async fn file_state(&self, path: &str) -> Result<Option<FileState>, RpcError> {
        let request = PathRequest {
            path: path.to_owned(),
        };
        let method = Method::idempotent("getFileInfo");
        let answer: FileInfoResponse = self.proxy.call(method, &request).await?;
        Ok(answer.status)
    }

    /// A file's length and last block; `None` when there is no such file.
    ///
    /// # Errors
    /// When the NameNode refuses or cannot be reached.
    pub async fn last_block(&self, path: &str) -> Result<Option<LocatedBlocks>, RpcError> {
        // The last block is in every answer; those of the range are not wanted.
        let request = BlockLocationsRequest {
            path: path.to_owned(),
            offset: 0,
            length: 0,
        };
        let method = Method::idempotent("getBlockLocations");
        let answer: BlockLocationsResponse = self.proxy.call(method, &request).await?;
        Ok(answer.blocks)
    }

    /// Whether a file is open and this holder's.
    ///
    /// # Errors
    /// When it is not, or the NameNode cannot be reached.
    pub async fn check_lease(&self, file: &OpenFile) -> Result<(), RpcError> {
        let request = FsyncRequest {
            path: file.path.clone(),
            holder: file.holder.clone(),
            file_id: Some(file.id),
        };
        // It persists what the NameNode knows of the file's blocks, and checks the lease before.
        let method = Method::idempotent("fsync");
        let _: Something = self.proxy.call(method, &request).await?;
        Ok(())
    }

    /// Adds the first block to an empty file, on none of the DataNodes `excluded`. Whoever then asks for a first block gets this
    /// one, as does a call that is made again (`FSDirWriteFileOp.analyzeFileState`).
    ///
    /// # Errors
    /// When no DataNode is left, or the NameNode refuses or cannot be reached.
    pub async fn add_first_block(
        &self,
        file: &OpenFile,
        excluded: &[DataNode],
    ) -> Result<LocatedBlock, RpcError> {
        let request = AddBlockRequest {
            path: file.path.clone(),
            holder: file.holder.clone(),
            excluded: excluded.to_vec(),
            file_id: Some(file.id),
        };
        let method = Method::idempotent("addBlock");
        let answer: AddBlockResponse = self.proxy.call(method, &request).await?;
        Ok(answer.block)
    }

    /// Takes the last block, with whatever is in it, off an open file.
    ///
    /// # Errors
    /// When the file is not open by this holder, or the NameNode cannot be reached.
    pub async fn abandon_block(&self, file: &OpenFile, block: &Block) -> Result<(), RpcError> {
        let request = AbandonBlockRequest {
            block: block.clone(),
            path: file.path.clone(),
            holder: file.holder.clone(),
            file_id: Some(file.id),
        };
        let method = Method::idempotent("abandonBlock");
        let _: Something = self.proxy.call(method, &request).await?;
        Ok(())
    }

    /// Ends an open file as it is. False while its last block is not yet reported by enough DataNodes.
    ///
    /// # Errors
    /// When the file is not open by this holder, or the NameNode cannot be reached.
    pub async fn complete(&self, file: &OpenFile) -> Result<bool, RpcError> {
        let request = CompleteRequest {
            path: file.path.clone(),
            holder: file.holder.clone(),
            file_id: Some(file.id),
        };
        let method = Method::idempotent("complete");
        let answer: CompleteResponse = self.proxy.call(method, &request).await?;
        Ok(answer.complete)
    }

    /// Adds the blocks of files to the end of one in the same folder, in this order; they are gone then. All are complete.
    ///
    /// # Errors
    /// When the NameNode refuses or cannot be reached.
    pub async fn concat(&self, target: &str, sources: Vec<String>) -> Result<(), RpcError> {
        let request = ConcatRequest {
            target: target.to_owned(),
            sources,
        };
        let method = Method::at_most_once("concat");
        let _: Something = self.proxy.call(method, &request).await?;
        Ok(())
    }
}
