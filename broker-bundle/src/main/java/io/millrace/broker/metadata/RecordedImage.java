package io.millrace.broker.metadata;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The newest image, and the journal that holds what it is made of. Any thread reads the image; changes come one at a time and block until they are durable. */
final class RecordedImage implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RecordedImage.class);

    private final MetadataJournal journal;
    private volatile ClusterImage image = ClusterImage.EMPTY;
    /** In force but not in the journal yet; null if there is nothing. */
    private MetadataRecord owed;

    RecordedImage(MetadataJournal journal) {
        this.journal = journal;
    }

    ClusterImage image() {
        return image;
    }

    /**
     * To be called first.
     *
     * @return ids of the topics that the journal tells to be deleted
     */
    Set<Uuid> replay() {
        ClusterImage replayed = ClusterImage.EMPTY;
        Set<Uuid> deleted = new HashSet<>();
        for (MetadataRecord record : journal.replay()) {
            replayed = replayed.with(record);
            if (record instanceof MetadataRecord.TopicDeleted deletion) {
                deleted.add(deletion.id());
            }
        }
        image = replayed;
        return deleted;
    }

    /** @throws JournalFullException if there is no space; nothing has changed then */
    void commit(MetadataRecord record) {
        ClusterImage next = image.with(record);
        journal.append(owed == null ? List.of(record) : List.of(owed, record));
        owed = null;
        image = next;
        journal.compact(next);
    }

    /**
     * Puts a record in force for which there may be no space: then the journal gets it with the next one, or by {@link #settle}.
     *
     * @return whether it is recorded
     */
    boolean commitOrOwe(MetadataRecord record) {
        try {
            commit(record);
            return true;
        } catch (JournalFullException full) {
            LOG.error("{}; this start is recorded as soon as there is", full.getMessage());
            image = image.with(record);
            owed = record;
            return false;
        }
    }

    /** Records what is owed, if there is space by now. */
    void settle() {
        try {
            if (owed != null) {
                journal.append(List.of(owed));
                owed = null;
            }
        } catch (JournalFullException stillFull) {
            LOG.warn("{}", stillFull.getMessage());
        }
    }

    @Override
    public void close() {
        journal.close();
    }
}
