import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.ClientProtocol;
import org.apache.hadoop.hdfs.HdfsConfiguration;

/** Calls of a NameNode per second by Hadoop's own client: one caller, then many on one connection. */
public class RpcLoad {
    public static void main(String[] arguments) throws Exception {
        double seconds = Double.parseDouble(arguments[0]);
        int callers = Integer.parseInt(arguments[1]);
        long began = System.nanoTime();
        DistributedFileSystem files = (DistributedFileSystem) FileSystem.get(new HdfsConfiguration());
        ClientProtocol nameNode = files.getClient().getNamenode();
        nameNode.getServerDefaults();
        System.out.printf("java connect_ms %.1f%n", (System.nanoTime() - began) / 1e6);
        // The compiler of the JVM needs its time.
        run(nameNode, Math.max(3.0, seconds), 1);
        System.out.printf("java sequential_per_s %.0f%n", run(nameNode, seconds, 1));
        run(nameNode, seconds, callers);
        System.out.printf("java concurrent_per_s %.0f%n", run(nameNode, seconds, callers));
    }

    private static double run(ClientProtocol nameNode, double seconds, int callers) throws Exception {
        AtomicLong calls = new AtomicLong();
        long began = System.nanoTime();
        long end = began + (long) (seconds * 1e9);
        Thread[] threads = new Thread[callers];
        for (int i = 0; i < callers; i++) {
            threads[i] = new Thread(() -> {
                try {
                    while (System.nanoTime() < end) {
                        nameNode.getServerDefaults();
                        calls.incrementAndGet();
                    }
                } catch (Exception error) {
                    throw new RuntimeException(error);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return calls.get() / ((System.nanoTime() - began) / 1e9);
    }
}
