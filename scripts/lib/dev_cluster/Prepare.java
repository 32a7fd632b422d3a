import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.tools.DFSHAAdmin;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.util.Tool;
import org.apache.hadoop.util.ToolRunner;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.client.cli.RMAdminCLI;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * Brings daemons that have just been started to the state that people expect of a cluster. One process for all of it,
 * because starting Java costs more than the work. Arguments, each optional:
 *
 * <pre>
 *   login=PRINCIPAL,KEYTAB     who to be; without it, this Unix user
 *   active-nn=nn1              make this NameNode active (of an HA pair)
 *   active-rm=rm1              make this ResourceManager active (of an HA pair)
 *   dir=PATH,OWNER,MODE        make a folder on HDFS
 *   datanodes=N, nodes=N       wait until so many DataNodes and NodeManagers have registered
 *   patience=SECONDS           how long to try each of these
 * </pre>
 *
 * HDFS and YARN are prepared side by side. Exit code 0 means that the cluster can be used.
 */
public class Prepare {
  private static long end;

  interface Step {
    /** Null when done, otherwise what is missing. */
    String tryOnce() throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Configuration conf = new YarnConfiguration(new HdfsConfiguration());
    conf.setInt("ipc.client.connect.max.retries", 0);
    List<String> dirs = new ArrayList<>();
    String activeNn = null, activeRm = null;
    int nodes = 0, dataNodes = 0;
    long patience = 90;
    for (String arg : args) {
      String value = arg.substring(arg.indexOf('=') + 1);
      switch (arg.substring(0, arg.indexOf('='))) {
        case "login":
          UserGroupInformation.setConfiguration(conf);
          UserGroupInformation.loginUserFromKeytab(value.split(",")[0], value.split(",")[1]);
          break;
        case "active-nn": activeNn = value; break;
        case "active-rm": activeRm = value; break;
        case "dir": dirs.add(value); break;
        case "nodes": nodes = Integer.parseInt(value); break;
        case "datanodes": dataNodes = Integer.parseInt(value); break;
        case "patience": patience = Long.parseLong(value); break;
        default: throw new IllegalArgumentException(arg);
      }
    }
    end = System.currentTimeMillis() + 1000 * patience;
    String nn = activeNn, rm = activeRm;
    int wantedNodes = nodes, wantedDataNodes = dataNodes;
    Thread yarn = new Thread(() -> {
      if (rm != null) {
        until("ResourceManager " + rm + " active", () -> run(new RMAdminCLI(new YarnConfiguration(conf)), rm));
      }
      if (wantedNodes > 0) {
        until("NodeManagers registered", () -> nodes(conf, wantedNodes));
      }
    });
    yarn.start();
    if (nn != null) {
      until("NameNode " + nn + " active", () -> run(new DFSHAAdmin(), nn));
    }
    if (wantedDataNodes > 0) {
      until("DataNodes registered", () -> dataNodes(conf, wantedDataNodes));
    }
    until("folders on HDFS", () -> make(conf, dirs));
    yarn.join();
    System.exit(0);
  }

  private static void until(String what, Step step) {
    String missing = null;
    Throwable cause = null;
    do {
      try {
        missing = step.tryOnce();
        cause = null;
        if (missing == null) {
          return;
        }
      } catch (Exception e) {
        cause = e;
        missing = e.toString().split("\n")[0];
      }
      try {
        Thread.sleep(200);
      } catch (InterruptedException e) {
        break;
      }
    } while (System.currentTimeMillis() < end);
    System.err.println("not reached: " + what + ": " + missing);
    if (cause != null) {
      cause.printStackTrace();
    }
    System.exit(1);
  }

  private static String run(Tool admin, String id) throws Exception {
    int code = ToolRunner.run(new YarnConfiguration(new HdfsConfiguration()), admin, new String[] {"-transitionToActive", id});
    return code == 0 ? null : "-transitionToActive " + id + " answers " + code;
  }

  private static String nodes(Configuration conf, int wanted) throws Exception {
    try (YarnClient client = YarnClient.createYarnClient()) {
      client.init(conf);
      client.start();
      int seen = client.getNodeReports(NodeState.RUNNING).size();
      return seen >= wanted ? null : seen + " of " + wanted;
    }
  }

  private static String dataNodes(Configuration conf, int wanted) throws Exception {
    try (org.apache.hadoop.hdfs.DistributedFileSystem hdfs =
        (org.apache.hadoop.hdfs.DistributedFileSystem) FileSystem.newInstance(conf)) {
      int seen = hdfs.getDataNodeStats(org.apache.hadoop.hdfs.protocol.HdfsConstants.DatanodeReportType.LIVE).length;
      return seen >= wanted ? null : seen + " of " + wanted;
    }
  }

  private static String make(Configuration conf, List<String> dirs) throws Exception {
    try (FileSystem hdfs = FileSystem.newInstance(conf)) {
      for (String dir : dirs) {
        String[] parts = dir.split(",");
        Path path = new Path(parts[0]);
        hdfs.mkdirs(path);
        hdfs.setOwner(path, parts[1], null);
        hdfs.setPermission(path, new FsPermission(parts[2]));
      }
      return null;
    }
  }
}
