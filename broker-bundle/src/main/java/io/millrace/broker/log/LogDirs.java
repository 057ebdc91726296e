package io.millrace.broker.log;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Where a node keeps its logs.
 *
 * @param folders            absolute paths, in the order of preference
 * @param cordoned           those of them that get no new partitions
 * @param registry           knows which folders the node had
 * @param moveBytesPerSecond how fast a partition is copied from one folder to another
 */
public record LogDirs(List<Path> folders, Set<Path> cordoned, LogDirRegistry registry, long moveBytesPerSecond) {

    public LogDirs {
        folders = List.copyOf(folders);
        cordoned = Set.copyOf(cordoned);
    }

    /** Without a node that they would belong to. */
    static LogDirs of(Path... folders) {
        return new LogDirs(List.of(folders), Set.of(), LogDirRegistry.none(), Long.MAX_VALUE);
    }
}
