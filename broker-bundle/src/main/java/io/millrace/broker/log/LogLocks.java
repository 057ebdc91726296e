package io.millrace.broker.log;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The locks of one log, in the order in which they are taken. Readers take none: they go by the segments' published positions and by
 * {@link LogOffsets}.
 *
 * @param renaming  held by whoever writes, renames or removes files beside the active segment's, and by whoever changes which segments there are
 *                  other than by appending
 * @param flushing  held during an fsync of the log's own files, and by whoever puts others in their place
 * @param appending guards what an append changes: the active segment, the offsets, producers, leader epochs, and what waits for the next fsync and
 *                  checkpoint. Never held during an fsync that appends could go beside
 */
record LogLocks(ReentrantLock renaming, ReentrantLock flushing, ReentrantLock appending) {

    static LogLocks create() {
        return new LogLocks(new ReentrantLock(), new ReentrantLock(), new ReentrantLock());
    }
}
