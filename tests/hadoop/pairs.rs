//! Pairs of ResourceManagers and NameNodes: a fail-over under load reaches no caller.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::application::Application;
use alpheus_hadoop_tests::*;
use alpheus_storage::{CreateMode, FileSystem, HdfsFileSystem, HdfsUser, Location, StorageError};
use alpheus_yarn::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Calls something again and again until told to stop; every failure is a failure.
fn load<F: Future<Output = Result<(), String>> + Send>(
    call: impl Fn() -> F + Send + Sync + 'static,
) -> Load {
    let stop = Arc::new(AtomicBool::new(false));
    let calls = Arc::new(AtomicUsize::new(0));
    let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&calls));
    let task = tokio::spawn(async move {
        while !stopped.load(Ordering::SeqCst) {
            call().await?;
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    });
    Load { stop, calls, task }
}

struct Load {
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<Result<(), String>>,
}

impl Load {
    /// Waits for some more calls.
    async fn more(&self) {
        let goal = self.calls.load(Ordering::SeqCst) + 10;
        while self.calls.load(Ordering::SeqCst) < goal && !self.task.is_finished() {
            tokio::time::sleep(POLL).await;
        }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.task.await.unwrap().unwrap();
    }
}

async fn admin(arguments: &'static [&'static str]) {
    tokio::task::spawn_blocking(|| dev_cluster(arguments))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_do_not_notice_a_fail_over() {
    let conf = conf();
    let alice = identity(&conf, "alice").await;
    let (rm, nn) = (
        resource_manager(&conf, Arc::clone(&alice)).await,
        name_node(&conf, alice).await,
    );
    let yarn = load(move || {
        let rm = rm.clone();
        async move { rm.metrics().await.map(drop).map_err(|e| e.to_string()) }
    });
    let hdfs = load(move || {
        let nn = nn.clone();
        async move {
            nn.delegation_token("")
                .await
                .map(drop)
                .map_err(|e| e.to_string())
        }
    });
    for kind in [
        &["failover", "rm"],
        &["failover", "nn"],
        &["failover", "rm"],
        &["failover", "nn"],
    ] {
        yarn.more().await;
        hdfs.more().await;
        admin(kind).await;
    }
    yarn.more().await;
    hdfs.more().await;
    yarn.end().await;
    hdfs.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_survives_the_change_of_its_resource_manager() {
    let mut app = Application::start("alice", "default").await;
    let before = app.containers(1).await;
    app.run(&before[0], "sleep 1000").await;
    let change = tokio::spawn(admin(&["failover", "rm"]));
    while !change.is_finished() {
        app.beat().await;
        tokio::time::sleep(POLL).await;
    }
    change.await.unwrap();
    // The new one does not know us: we register again, and go on as if nothing had been.
    while app.registrations < 2 {
        app.beat().await;
        tokio::time::sleep(POLL).await;
    }
    let after = app.containers(1).await;
    app.run(&after[0], "exit 5").await;
    assert_eq!(app.end_of(&after[0]).await.exit, ExitStatus(5));
    assert!(
        app.completed.iter().all(|status| status.id != before[0].id),
        "{:?}",
        app.completed
    );
    app.ledger.release(before[0].id);
    app.end_of(&before[0]).await;
    app.finish().await;
}

/// What a job does with HDFS (create, write, rename, read, list, delete), again and again while NameNodes change places.
#[test]
fn files_do_not_notice_a_fail_over() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let login = runtime.block_on(login("alice"));
    let user = HdfsUser::Kerberos {
        principal: login.principal().to_owned(),
        cache: login.cache().to_owned(),
    };
    let files = HdfsFileSystem::new(&conf(), user).unwrap();
    let base: Location = "hdfs://ns1/user/alice/fail-over".parse().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..3)
        .map(|worker| {
            let (files, stop) = (files.clone(), Arc::clone(&stop));
            let folder = base.join(&format!("{worker}"));
            std::thread::spawn(move || {
                let mut rounds = 0u32;
                while !stop.load(Ordering::SeqCst) || rounds < 3 {
                    let (staged, place) = (folder.join(".staged"), folder.join("file"));
                    let content = format!("round {rounds} of {worker}");
                    files.write(&staged, content.as_bytes(), CreateMode::New)?;
                    files.rename(&staged, &place)?;
                    assert_eq!(files.list(&folder)?.len(), 1);
                    assert_eq!(&files.read(&place)?[..], content.as_bytes());
                    assert!(files.delete(&place, false)?);
                    rounds += 1;
                }
                Ok::<u32, StorageError>(rounds)
            })
        })
        .collect();
    for _ in 0..3 {
        std::thread::sleep(Duration::from_secs(2));
        dev_cluster(&["failover", "nn"]);
    }
    stop.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.join().unwrap().unwrap();
    }
    assert!(files.delete(&base, true).unwrap());
}
