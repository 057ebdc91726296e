package io.millrace.broker.config;

import java.util.Collection;

/** Finds what a mistyped name most likely meant. */
final class NearestName {

    private NearestName() {
    }

    /** @return "; did you mean X?", or nothing if no name is near */
    static String hint(String typed, Collection<String> known) {
        String nearest = null;
        int least = Math.max(2, typed.length() / 3);
        for (String name : known) {
            // What differs in length by more cannot be nearer.
            if (Math.abs(name.length() - typed.length()) < least) {
                int distance = distance(typed, name);
                if (distance < least) {
                    least = distance;
                    nearest = name;
                }
            }
        }
        return nearest == null ? "" : "; did you mean " + nearest + "?";
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
