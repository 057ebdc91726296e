package io.millrace.broker.log;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * The segment files that are open, at most so many of them: the longest unused ones are let go. Thread-safe.
 *
 * <p>A file that is let go is not closed here, since slices of it may still be on their way to a client. It closes when nobody refers to it any
 * more, which the garbage collector finds out; if too many wait for that, it is asked to look.
 */
final class OpenSegments {

    private final int capacity;
    private final ArrayDeque<SegmentFile> open = new ArrayDeque<>();
    private final ReferenceQueue<FileChannel> closed = new ReferenceQueue<>();
    private final Set<PhantomReference<FileChannel>> leaving = new HashSet<>();

    OpenSegments(int capacity) {
        this.capacity = capacity;
    }

    synchronized void opened(SegmentFile segment) {
        open.add(segment);
        // Twice around, so that those used lately lose their mark once and may then go.
        for (int looks = 2 * open.size(); open.size() > capacity && looks > 0; looks--) {
            SegmentFile oldest = open.poll();
            if (oldest == segment || oldest.isInUse()) {
                open.add(oldest);
                continue;
            }
            FileChannel left = oldest.release();
            if (left != null) {
                leave(left);
            }
        }
        collect();
    }

    /** The segment uses another file from now on. */
    synchronized void moved(SegmentFile segment, FileChannel left) {
        open.remove(segment);
        leave(left);
        collect();
    }

    private void leave(FileChannel left) {
        leaving.add(new PhantomReference<>(left, closed));
    }

    private void collect() {
        for (Object gone; (gone = closed.poll()) != null; ) {
            leaving.remove(gone);
        }
        if (leaving.size() > capacity) {
            leaving.clear();
            System.gc();
        }
    }

    synchronized void closed(SegmentFile segment) {
        open.remove(segment);
    }

    synchronized int count() {
        return open.size();
    }
}
