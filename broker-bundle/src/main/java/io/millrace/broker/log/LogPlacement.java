package io.millrace.broker.log;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;

/** Which of the log folders a new partition goes to: the one that was asked for, or else the one with the fewest. Guarded by the store. */
final class LogPlacement {

    private final LogDirSet dirs;
    private final LogMoves moves;
    /** For partitions that are not there yet. */
    private final Map<TopicPartition, LogDir> preferred = new HashMap<>();
    private volatile Set<Path> cordoned;

    /** @param cordoned folders that get no partitions, as long as there are others */
    LogPlacement(LogDirSet dirs, LogMoves moves, Set<Path> cordoned) {
        this.dirs = dirs;
        this.moves = moves;
        this.cordoned = cordoned;
    }

    void cordon(Set<Path> folders) {
        cordoned = folders;
    }

    boolean isCordoned(LogDir dir) {
        return cordoned.contains(dir.path());
    }

    /** The partition goes there when it is made. */
    void prefer(TopicPartition partition, LogDir dir) {
        preferred.put(partition, dir);
    }

    void forget(TopicPartition partition) {
        preferred.remove(partition);
    }

    /** @param planned partitions that are about to be made */
    LogDir choose(TopicPartition partition, Map<LogDir, ? extends Collection<TopicPartition>> planned) {
        LogDir asked = preferred.remove(partition);
        return asked != null && asked.isOnline() ? asked : best(planned);
    }

    /** Where the next partition would go that nobody asked a folder for. */
    LogDir best(Map<LogDir, ? extends Collection<TopicPartition>> planned) {
        return dirs.online().stream().min(Comparator.<LogDir, Boolean>comparing(this::isCordoned).thenComparing(dir -> dir.space().isScarce())
                .thenComparing(dir -> dir.count() + moves.arrivingAt(dir) + (planned.containsKey(dir) ? planned.get(dir).size() : 0)))
                .orElseThrow(() -> new KafkaStorageException("all log folders are offline: " + dirs));
    }
}
