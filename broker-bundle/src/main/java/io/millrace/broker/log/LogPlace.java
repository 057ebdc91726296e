package io.millrace.broker.log;

/** Where a log is: its own folder, and the log folder that it is in. Both change at once, when the log is moved, with all of {@link LogLocks} held. */
final class LogPlace {

    private record Folders(PartitionFolder own, LogDir dir) {}

    private volatile Folders now;

    LogPlace(PartitionFolder folder, LogDir dir) {
        moveTo(folder, dir);
    }

    PartitionFolder folder() {
        return now.own;
    }

    LogDir dir() {
        return now.dir;
    }

    void moveTo(PartitionFolder folder, LogDir dir) {
        now = new Folders(folder, dir);
    }
}
