/** Docker as this repo uses it: one client, found once; see docker/ for the parts. */
export { type BuildRequest, buildImage } from "./docker/build.ts";
export { type DockerClient, docker, dockerClient, dockerOrFail } from "./docker/client.ts";
export { type DockerInfo, dockerInfo, imageId } from "./docker/info.ts";
