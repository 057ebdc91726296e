package io.millrace.streams.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.http.HttpResource;
import io.millrace.api.plugin.Plugin;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** {@code /jobs}: list, look, create, delete, restart. */
final class JobsResource implements HttpResource {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Jobs jobs;
    private final JobFiles files;

    JobsResource(Jobs jobs, JobFiles files) {
        this.jobs = jobs;
        this.files = files;
    }

    @Override
    public Set<String> paths() {
        return Set.of("jobs");
    }

    @Override
    public HttpAnswer handle(HttpCall call) throws IOException {
        List<String> path = call.path();
        return switch (path.size()) {
            case 1 -> switch (call.method()) {
                case "GET" -> json(200, MAPPER.createArrayNode().addAll(jobs.list().stream().map(JobsResource::describe).toList()));
                case "POST" -> create(call);
                default -> throw new HttpError(405, call.method() + " /jobs is not known; use GET or POST");
            };
            case 2 -> switch (call.method()) {
                case "GET" -> json(200, describe(job(path.get(1))));
                case "DELETE" -> delete(path.get(1));
                default -> throw new HttpError(405, call.method() + " of a job is not known; use GET or DELETE");
            };
            case 3 -> {
                if (!path.get(2).equals("restart") || !call.method().equals("POST")) {
                    throw new HttpError(404, "only POST /jobs/{name}/restart is known here");
                }
                job(path.get(1));
                jobs.restart(path.get(1));
                yield HttpAnswer.empty(204);
            }
            default -> throw new HttpError(404, "nothing is known under /jobs/{name}/{..}/{..}");
        };
    }

    private Job job(String name) {
        return jobs.get(name).orElseThrow(() -> new HttpError(404, "there is no job named " + name));
    }

    private HttpAnswer create(HttpCall call) throws IOException {
        JobSpec spec;
        try {
            spec = JobSpec.read(call.body(), "the request");
        } catch (IllegalArgumentException e) {
            throw new HttpError(400, e.getMessage());
        }
        try {
            jobs.add(spec, false);
        } catch (IllegalStateException e) {
            throw new HttpError(409, e.getMessage());
        }
        files.save(spec);
        return json(201, describe(job(spec.name())));
    }

    private HttpAnswer delete(String name) throws IOException {
        if (job(name).isFromFile()) {
            throw new HttpError(409, "job " + name + " is asked for by a file in " + files.given() + "; remove the file and restart the node");
        }
        files.delete(name);
        jobs.remove(name);
        return HttpAnswer.empty(204);
    }

    private static ObjectNode describe(Job job) {
        JobRun run = job.run();
        Plugin plugin = job.plugin();
        JobRun.Status status = job.status();
        ObjectNode node = MAPPER.createObjectNode();
        node.put("name", job.spec().name());
        node.put("job", job.spec().job());
        node.set("config", MAPPER.valueToTree(job.spec().config()));
        node.put("state", status.state().name());
        node.put("detail", status.detail());
        if (plugin != null) {
            node.put("plugin", plugin.name());
            node.put("plugin_version", plugin.version());
        }
        if (run != null) {
            Worker.Progress progress = run.progress();
            node.put("tasks", run.tasks());
            node.put("restarts", run.restarts());
            node.put("records", progress.processed());
            node.put("records_per_second", Math.round(run.rate()));
            node.put("lag", progress.lag());
            node.put("late_records", progress.late());
            node.put("dropped_records", progress.dropped());
            node.put("state_entries", progress.stateEntries());
        }
        return node;
    }

    private static HttpAnswer json(int status, Object body) {
        try {
            return HttpAnswer.json(status, MAPPER.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
