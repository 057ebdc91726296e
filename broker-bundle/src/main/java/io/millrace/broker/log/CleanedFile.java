package io.millrace.broker.log;

import io.millrace.broker.log.AbortedTransactions.Entry;
import io.millrace.broker.log.clean.CleanableLog.AbortedTransaction;
import io.millrace.broker.log.clean.CleanableSegment;
import io.millrace.broker.log.clean.CleanedSegment;
import io.millrace.broker.log.clean.LogChanged;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A segment being cleaned into, as files with suffixes of {@link SegmentSwap}. */
final class CleanedFile implements CleanedSegment {

    private static final Logger LOG = LoggerFactory.getLogger(CleanedFile.class);

    /** Before all times of records that anybody looks for. */
    private static final long LONG_AGO = 0;

    private final SegmentedLog log;
    private final long baseOffset;
    private final int indexIntervalBytes;
    private final SegmentSwap swap;
    private final GrowingIndex index = new GrowingIndex();
    private final List<Entry> aborted = new ArrayList<>();
    private final FileRecords file;
    private long maxTimestamp = -1;
    private int offsetOfMaxTimestamp;
    private int bytesSinceEntry;
    private boolean ended;

    private CleanedFile(SegmentedLog log, long baseOffset, SegmentSwap swap, FileRecords file) {
        this.log = log;
        this.baseOffset = baseOffset;
        this.indexIntervalBytes = log.limits().indexIntervalBytes();
        this.swap = swap;
        this.file = file;
    }

    static CleanedFile create(SegmentedLog log, long baseOffset) throws IOException {
        log.files().renaming().lock();
        try {
            log.availability().check();
            SegmentSwap swap = new SegmentSwap(log.files().folder(), baseOffset);
            swap.discard();
            return new CleanedFile(log, baseOffset, swap, FileRecords.open(swap.cleaned(".log").toFile(), true));
        } finally {
            log.files().renaming().unlock();
        }
    }

    @Override
    public void append(MemoryRecords batches) throws IOException {
        int position = file.sizeInBytes();
        file.append(batches);
        for (RecordBatch batch : batches.batches()) {
            int relative = (int) (batch.lastOffset() - baseOffset);
            if (batch.maxTimestamp() > maxTimestamp) {
                maxTimestamp = batch.maxTimestamp();
                offsetOfMaxTimestamp = relative;
            }
            if (bytesSinceEntry > indexIntervalBytes) {
                index.add(relative, position);
                index.addTime(maxTimestamp, offsetOfMaxTimestamp);
                bytesSinceEntry = 0;
            }
            position += batch.sizeInBytes();
            bytesSinceEntry += batch.sizeInBytes();
        }
    }

    @Override
    public void append(AbortedTransaction transaction) {
        aborted.add(new Entry(transaction.producerId(), transaction.firstOffset(), transaction.lastOffset(), transaction.lastStableOffset()));
    }

    @Override
    public void replace(List<? extends CleanableSegment> cleaned) throws IOException {
        List<Segment> old = cleaned.stream().map(each -> ((CompactedLog.Source) each).segment()).toList();
        if (file.sizeInBytes() == 0) {
            append(nothing(old.getLast()));
        }
        // The bulk of it goes to disk before anybody is kept waiting.
        file.flush();
        log.files().renaming().lock();
        try {
            log.availability().check();
            if (!log.files().folder().equals(swap.folder())) {
                throw new LogChanged(log.topicPartition() + ": was moved to another log folder while it was being cleaned");
            }
            for (Segment segment : old) {
                if (log.files().segments().holding(segment.baseOffset()) != segment) {
                    throw new LogChanged(log.topicPartition() + ": a segment was deleted while it was being cleaned");
                }
                segment.detach();
            }
            writeIndexes();
            Files.setLastModifiedTime(swap.cleaned(".log"), Files.getLastModifiedTime(old.getLast().path(".log")));
            begin();
            exchange(old);
        } finally {
            log.files().renaming().unlock();
        }
        ended = true;
        file.close();
        log.deleteLater(() -> delete(log, old));
    }

    /**
     * A batch without records, for a segment of which nothing is left. Kafka takes an empty file for one that is as young as its modification, and looks for
     * times in it and no further; and a crash in between can be finished only by a file that says up to where it goes.
     */
    private MemoryRecords nothing(Segment last) {
        ByteBuffer header = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        DefaultRecordBatch.writeEmptyHeader(header, RecordBatch.CURRENT_MAGIC_VALUE, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE, baseOffset, log.files().segments().after(last).baseOffset() - 1, log.epochAt(baseOffset), TimestampType.CREATE_TIME,
                LONG_AGO, false, false);
        header.flip();
        return MemoryRecords.readableRecords(header);
    }

    private void writeIndexes() throws IOException {
        index.addTime(maxTimestamp, offsetOfMaxTimestamp);
        index.store(swap.cleaned(".index"), swap.cleaned(".timeindex"));
        Files.write(swap.cleaned(".txnindex"), new byte[0]);
        AbortedTransactions transactions = new AbortedTransactions(swap.cleaned(".txnindex"));
        for (Entry entry : aborted) {
            transactions.add(entry);
        }
        transactions.flush();
    }

    private void begin() throws IOException {
        try {
            swap.begin();
        } catch (IOException | RuntimeException e) {
            if (swap.isBegun()) {
                // The next start would finish it, over whatever is cleaned until then.
                log.availability().fail("could not make a cleaned segment durable", e);
            }
            throw e;
        }
    }

    private void exchange(List<Segment> old) throws IOException {
        try {
            for (Segment segment : old.subList(1, old.size())) {
                segment.retire();
            }
            swap.complete();
            log.files().replace(old, baseOffset, log.files().segments().after(old.getLast()).baseOffset());
        } catch (IOException | RuntimeException e) {
            // Part of it is done; the next start does the rest.
            log.availability().fail("could not take a cleaned segment", e);
            throw e;
        }
    }

    private static void delete(SegmentedLog log, List<Segment> old) throws IOException {
        log.files().renaming().lock();
        try {
            // The first one's names belong to the segment in its place, and all of them to another log if this one was deleted.
            old.getFirst().close();
            for (Segment segment : old.subList(1, old.size())) {
                if (log.isOnline()) {
                    segment.delete();
                } else {
                    segment.close();
                }
            }
        } finally {
            log.files().renaming().unlock();
        }
    }

    @Override
    public void discard() {
        if (ended) {
            return;
        }
        ended = true;
        log.files().renaming().lock();
        try {
            file.close();
            // The folder of a log that is offline may be gone, or another log's already; if not, its next start removes this.
            if (log.isOnline() && !swap.isBegun()) {
                swap.discard();
            }
        } catch (IOException e) {
            LOG.warn("{}: an unfinished cleaned segment stays until the next start: {}", log.topicPartition(), e.toString());
        } finally {
            log.files().renaming().unlock();
        }
    }
}
