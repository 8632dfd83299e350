/** Both stories against the service at ALLONOVA_URL. */

import { course } from "./course.js";
import { ride } from "./ride.js";

await ride();
await course();
