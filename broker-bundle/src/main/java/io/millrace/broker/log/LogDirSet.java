package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The log folders of a store, the working ones and the others. Which ones there are does not change while they are open. */
final class LogDirSet implements AutoCloseable {

    private final List<Path> paths;
    private final List<LogDir> dirs;
    private final List<Path> missing;

    private LogDirSet(List<Path> paths, List<LogDir> dirs, List<Path> missing) {
        this.paths = paths;
        this.dirs = dirs;
        this.missing = missing;
    }

    /**
     * Takes possession of the folders. One whose disk does not work is left out as long as there is another one.
     *
     * @throws IllegalStateException with one line for the user if a folder is in use or another node's, or the only one cannot be used
     */
    static LogDirSet open(LogDirs where, LogStoreConfig settings, FlushTimes times) throws IOException {
        List<LogDir> dirs = new ArrayList<>();
        try {
            for (Path folder : where.folders()) {
                dirs.add(open(folder, where, settings, times));
            }
            return new LogDirSet(where.folders(), List.copyOf(dirs), where.registry().settle(where.folders()));
        } catch (IOException | RuntimeException e) {
            dirs.forEach(LogDir::release);
            throw e;
        }
    }

    private static LogDir open(Path folder, LogDirs where, LogStoreConfig settings, FlushTimes times) {
        try {
            return LogDir.open(folder, where.registry(), settings, times);
        } catch (IOException e) {
            if (where.folders().size() == 1) {
                throw new IllegalStateException("cannot write to the data folder " + folder + " (" + e + "); make it writable, or choose another with --data", e);
            }
            return LogDir.failed(folder, e);
        }
    }

    List<LogDir> all() {
        return dirs;
    }

    List<LogDir> online() {
        return dirs.stream().filter(LogDir::isOnline).toList();
    }

    Optional<LogDir> of(Path folder) {
        return dirs.stream().filter(dir -> dir.path().equals(folder)).findFirst();
    }

    /** Whether there may be partitions that are in none of these folders, or in one that does not work. */
    boolean isIncomplete() {
        return !missing.isEmpty() || online().size() < dirs.size();
    }

    List<Path> paths() {
        return paths;
    }

    /** Those that are full, offline or missing. */
    List<LogTrouble> troubles() {
        List<LogTrouble> troubles = new ArrayList<>();
        dirs.forEach(dir -> dir.trouble().ifPresent(troubles::add));
        for (Path folder : missing) {
            troubles.add(new LogTrouble(LogDir.KIND, folder.toString(), true, "has been a log folder and is not in log.dirs any more, its partitions are offline;"
                    + " put it back and restart"));
        }
        return troubles;
    }

    /** Lets go of the folders without writing anything. */
    void release() {
        dirs.forEach(LogDir::release);
    }

    /** Marks the folders as closed in order, each on a thread of its own. */
    @Override
    public void close() {
        try (ExecutorService closers = Executors.newFixedThreadPool(dirs.size(), Thread.ofPlatform().name("log-closer-", 0).factory())) {
            dirs.forEach(dir -> closers.execute(dir::close));
        }
    }

    @Override
    public String toString() {
        return paths.size() == 1 ? paths.getFirst().toString() : paths.toString();
    }
}
