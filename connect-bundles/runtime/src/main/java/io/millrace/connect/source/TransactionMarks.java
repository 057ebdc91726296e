package io.millrace.connect.source;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.TransactionContext;

/** Where a connector that defines its own transactions wants them to end (KIP-618). Marks are made in {@code poll()} and count for what it returns. */
final class TransactionMarks implements TransactionContext {

    private final Set<SourceRecord> commitAfter = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<SourceRecord> abortAfter = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean commitBatch;
    private boolean abortBatch;

    @Override
    public synchronized void commitTransaction() {
        commitBatch = true;
    }

    @Override
    public synchronized void commitTransaction(SourceRecord record) {
        commitAfter.add(record);
    }

    @Override
    public synchronized void abortTransaction() {
        abortBatch = true;
    }

    @Override
    public synchronized void abortTransaction(SourceRecord record) {
        abortAfter.add(record);
    }

    synchronized OutgoingBatch.End after(SourceRecord record) {
        boolean abort = abortAfter.remove(record);
        boolean commit = commitAfter.remove(record);
        return end(abort, commit);
    }

    synchronized OutgoingBatch.End afterBatch() {
        OutgoingBatch.End end = end(abortBatch, commitBatch);
        abortBatch = false;
        commitBatch = false;
        return end;
    }

    private static OutgoingBatch.End end(boolean abort, boolean commit) {
        return abort ? OutgoingBatch.End.ABORT : commit ? OutgoingBatch.End.COMMIT : OutgoingBatch.End.OPEN;
    }
}
