package io.millrace.broker.log;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which log folders a node has: each says in its {@code meta.properties}, as Kafka's do, to which node of which cluster it belongs, and the node
 * remembers all that it ever used. So a disk that is not mounted, or a folder that was left out of {@code log.dirs}, is noticed, instead of its
 * partitions being made anew and empty elsewhere. Not thread-safe.
 */
public final class LogDirRegistry {

    private static final Logger LOG = LoggerFactory.getLogger(LogDirRegistry.class);
    private static final String IDENTITY = "meta.properties";
    private static final String DIRECTORY = "directory.id";

    private final String clusterId;
    private final int nodeId;
    private final Path file;
    private final Map<String, Path> known = new TreeMap<>();

    private LogDirRegistry(String clusterId, int nodeId, Path file) {
        this.clusterId = clusterId;
        this.nodeId = nodeId;
        this.file = file;
    }

    /**
     * @param file where the node remembers its folders; made if it is not there
     * @throws IllegalStateException if it cannot be read
     */
    public static LogDirRegistry open(String clusterId, int nodeId, Path file) {
        LogDirRegistry registry = new LogDirRegistry(clusterId, nodeId, file);
        try {
            if (Files.exists(file)) {
                for (String line : Files.readAllLines(file)) {
                    int space = line.indexOf(' ');
                    if (space > 0 && !line.startsWith("#")) {
                        registry.known.put(line.substring(0, space), Path.of(line.substring(space + 1)));
                    }
                }
            }
            return registry;
        } catch (IOException unreadable) {
            throw new IllegalStateException("cannot read " + file.toAbsolutePath() + ": " + unreadable + "; give this user the right to read it", unreadable);
        }
    }

    /** Any folder will do: for a store without a node. */
    static LogDirRegistry none() {
        return new LogDirRegistry(null, 0, null);
    }

    /**
     * Makes sure that a folder, which exists and is locked, is this node's.
     *
     * @throws IllegalStateException if it is another node's
     * @throws IOException           if it cannot be read, or is not what it was: then it must not be used
     */
    void admit(Path folder) throws IOException {
        if (clusterId == null) {
            return;
        }
        Path identity = folder.resolve(IDENTITY);
        if (!Files.exists(identity)) {
            if (known.containsValue(folder)) {
                throw new IOException("it has no " + IDENTITY + " although this node has used it; mount its disk. If the disk was replaced, remove the folder's"
                        + " line from " + file + ": then its partitions begin anew, empty");
            }
            DurableFile.replace(identity, "version=1\ncluster.id=" + clusterId + "\nnode.id=" + nodeId + "\n" + DIRECTORY + "=" + Uuid.randomUuid() + "\n");
        }
        Properties found = new Properties();
        found.load(new StringReader(Files.readString(identity)));
        if (!clusterId.equals(found.getProperty("cluster.id")) || !Integer.toString(nodeId).equals(found.getProperty("node.id"))) {
            throw new IllegalStateException("log folder " + folder + " belongs to node " + found.getProperty("node.id") + " of cluster "
                    + found.getProperty("cluster.id") + ", this is node " + nodeId + " of cluster " + clusterId + "; choose another folder in log.dirs");
        }
        String id = found.getProperty(DIRECTORY);
        if (id == null) {
            throw new IOException(identity + " lacks " + DIRECTORY + "; restore it from a copy");
        }
        known.put(id, folder);
    }

    /** Remembers the folders that were admitted. @return folders with partitions that the node once used and that are not among the configured */
    List<Path> settle(List<Path> configured) throws IOException {
        if (clusterId == null) {
            return List.of();
        }
        List<Path> missing = new ArrayList<>();
        known.values().removeIf(folder -> {
            if (configured.contains(folder)) {
                return false;
            }
            boolean empty = isEmpty(folder);
            if (!empty) {
                missing.add(folder);
            }
            return empty;
        });
        StringBuilder lines = new StringBuilder("# the log folders of this node, by directory.id\n");
        known.forEach((id, folder) -> lines.append(id).append(' ').append(folder).append('\n'));
        if (!Files.exists(file) || !Files.readString(file).contentEquals(lines)) {
            DurableFile.replace(file, lines.toString());
        }
        for (Path folder : missing) {
            LOG.error("{} has been a log folder of this node and is not in log.dirs any more; its partitions are offline. Put it back, or, to give its"
                    + " partitions up, remove its line from {}", folder, file);
        }
        return missing;
    }

    /** Whether a folder is there and holds no partition. */
    private static boolean isEmpty(Path folder) {
        if (!Files.exists(folder.resolve(IDENTITY))) {
            return false;
        }
        try (var partitions = Files.newDirectoryStream(folder, each -> new PartitionFolder(each).isPartition())) {
            return !partitions.iterator().hasNext();
        } catch (IOException unreadable) {
            return false;
        }
    }
}
