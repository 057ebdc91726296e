package io.millrace.broker.log.clean;

import java.util.ArrayList;
import java.util.List;

/** Which neighbours are cleaned into one segment, so that segments do not get ever smaller. Decides only; no I/O. */
final class SegmentGroups {

    private static final int INDEX_ENTRY = 12;

    private SegmentGroups() {}

    /**
     * @param until where the last of them ends
     * @return groups in order; none is larger than a segment may be, unless it is one segment
     */
    static List<List<CleanableSegment>> of(List<? extends CleanableSegment> segments, CompactionPolicy policy, long until) {
        List<List<CleanableSegment>> groups = new ArrayList<>();
        List<CleanableSegment> group = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < segments.size(); i++) {
            CleanableSegment segment = segments.get(i);
            long end = i + 1 < segments.size() ? segments.get(i + 1).baseOffset() : until;
            long indexBytes = (bytes + segment.bytes()) / Math.max(1, policy.indexIntervalBytes()) * INDEX_ENTRY;
            // Offsets in the indexes are relative to the segment's first and have 31 bits.
            boolean fits = group.isEmpty() || bytes + segment.bytes() <= policy.segmentBytes() && indexBytes <= policy.maxIndexBytes()
                    && end - 1 - group.getFirst().baseOffset() <= Integer.MAX_VALUE;
            if (!fits) {
                groups.add(List.copyOf(group));
                group.clear();
                bytes = 0;
            }
            group.add(segment);
            bytes += segment.bytes();
        }
        if (!group.isEmpty()) {
            groups.add(List.copyOf(group));
        }
        return groups;
    }
}
