package io.millrace.itest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One call of a script of REST calls.
 *
 * @param awaited texts that the body must have before the answer counts; {@code TEXT*2} twice
 * @param more    whether the answer may have more members in its lists than the recorded one
 * @param brief   whether only values and errors of settings count, not their definitions
 * @param ours    status that is answered on purpose instead of the recorded one; 0 for none
 * @param headers to send
 * @param body    null for none
 */
record RestCall(int line, String method, String path, List<String> awaited, boolean more, boolean brief, int ours, Map<String, String> headers, String body) {

    static List<RestCall> script(List<String> lines) {
        List<RestCall> calls = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || line.startsWith("//")) {
                continue;
            }
            List<String> words = new ArrayList<>(List.of(line.split(" ")));
            List<String> awaited = new ArrayList<>();
            if (words.getFirst().equals("await")) {
                words.removeFirst();
                while (!words.getFirst().equals("GET")) {
                    awaited.add(words.removeFirst());
                }
            }
            boolean more = words.size() == 3 && words.get(2).equals("more");
            boolean brief = words.size() == 3 && words.get(2).equals("brief");
            if (words.size() != 2 && !more && !brief) {
                throw new IllegalArgumentException("line " + (i + 1) + " is no call: " + line);
            }
            Map<String, String> headers = new LinkedHashMap<>();
            StringBuilder body = null;
            int ours = 0;
            int first = i + 1;
            while (i + 1 < lines.size() && lines.get(i + 1).matches("[+>=].*")) {
                String next = lines.get(++i);
                if (next.startsWith("+ ")) {
                    String[] header = next.substring(2).split(": ", 2);
                    headers.put(header[0], header[1]);
                } else if (next.startsWith("=")) {
                    ours = Integer.parseInt(next.split(" ")[1]);
                } else {
                    body = (body == null ? new StringBuilder() : body.append('\n')).append(next.substring(1).strip());
                }
            }
            calls.add(new RestCall(first, words.get(0), words.get(1), List.copyOf(awaited), more, brief, ours, headers, body == null ? null : body.toString()));
        }
        return calls;
    }

    boolean isThere(String text) {
        return awaited.stream().allMatch(each -> {
            int star = each.lastIndexOf('*');
            String wanted = star < 0 ? each : each.substring(0, star);
            int times = star < 0 ? 1 : Integer.parseInt(each.substring(star + 1));
            int from = 0;
            for (int i = 0; i < times; i++) {
                int at = text.indexOf(wanted, from);
                if (at < 0) {
                    return false;
                }
                from = at + wanted.length();
            }
            return true;
        });
    }

    /** As it is told apart in a recording. */
    String name() {
        return method + " " + path + (headers.isEmpty() ? "" : " " + headers) + (body == null ? "" : " " + body);
    }
}
