//! What bench/hadoop/run measures of ours: connecting, calls per second, bytes per second.
//!
//! `measure SECONDS CALLERS MEGABYTES`, on a cluster whose variables are set, as alice.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::*;
use alpheus_storage::{CreateMode, FileSystem, HdfsFileSystem, HdfsUser, Location};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<f64> = std::env::args()
        .skip(1)
        .map(|argument| argument.parse().unwrap())
        .collect();
    let [seconds, callers, megabytes] = arguments.as_slice() else {
        panic!("measure SECONDS CALLERS MEGABYTES");
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(calls(Duration::from_secs_f64(*seconds), *callers as usize));
    let login = runtime.block_on(login("alice"));
    files(&login, *megabytes as usize);
}

/// Connects with a ticket in hand, and calls.
async fn calls(time: Duration, callers: usize) {
    let conf = conf();
    // The service's ticket is fetched by the first connection, as `kinit` users have it.
    let alice = identity(&conf, "alice").await;
    let first = name_node(&conf, alice.clone()).await;
    first.server_defaults().await.unwrap();
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let name_node = name_node(&conf, alice.clone()).await;
        name_node.server_defaults().await.unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    println!("ours connect_ms {:.1}", times[10].as_secs_f64() * 1e3);
    let sequential = load(&first, time, 1).await;
    println!("ours sequential_per_s {sequential:.0}");
    let concurrent = load(&first, time, callers).await;
    println!("ours concurrent_per_s {concurrent:.0}");
}

async fn load(name_node: &alpheus_hadoop_rpc::NameNode, time: Duration, callers: usize) -> f64 {
    let calls = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (name_node, calls) = (name_node.clone(), Arc::clone(&calls));
            tokio::spawn(async move {
                while began.elapsed() < time {
                    name_node.server_defaults().await.unwrap();
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    calls.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

fn files(login: &alpheus_security::kerberos::Login, megabytes: usize) {
    let user = HdfsUser::Kerberos {
        principal: login.principal().to_owned(),
        cache: login.cache().to_owned(),
    };
    let files = HdfsFileSystem::new(&conf(), user).unwrap();
    let authority = conf().default_hdfs_authority().unwrap().unwrap();
    let place: Location = format!("hdfs://{authority}/user/alice/measure")
        .parse()
        .unwrap();
    let block: Vec<u8> = (0..1usize << 20).map(|n| (n * 31 % 251) as u8).collect();
    // Connections and keys are there afterwards, as in a job that runs.
    files.write(&place, &block, CreateMode::Overwrite).unwrap();
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let mut output = files.create(&place, CreateMode::Overwrite).unwrap();
    for _ in 0..megabytes {
        output.write_all(&block).unwrap();
    }
    output.finish().unwrap();
    let report = |what: &str, began: Instant, cpu: f64| {
        let megabytes = megabytes as f64;
        let rate = megabytes / began.elapsed().as_secs_f64();
        println!("ours {what}_mb_per_s {rate:.1}");
        println!("ours {what}_mb_per_cpu_s {:.1}", megabytes / cpu);
    };
    report("write", began, cpu_seconds() - cpu);
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let input = files.open(&place).unwrap();
    input.will_read(0..input.length());
    for at in 0..megabytes {
        let read = input.read_range((at << 20) as u64, 1 << 20).unwrap();
        assert_eq!(read.len(), 1 << 20);
    }
    report("read", began, cpu_seconds() - cpu);
    files.delete(&place, false).unwrap();
}

/// What this process has used of the processors.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name may hold blanks; what follows its parenthesis does not. Ticks are hundredths everywhere that this runs.
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    ticks as f64 / 100.0
}
